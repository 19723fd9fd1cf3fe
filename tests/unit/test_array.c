/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/array.h"

struct numbers {
	uint32_t *values;
	size_t used;
	size_t room;
};

static void test_add_keeps_elements(void **state)
{
	struct numbers numbers = {0};
	size_t growths = 0;

	(void)state;
	for (uint32_t i = 0; i < 10000; i++) {
		size_t before = numbers.room;
		if (!ARRAY_ADD(numbers.values, numbers.used, numbers.room))
			fail();
		else
			numbers.values[i] = i;
		growths += numbers.room != before;
	}
	assert_int_equal(numbers.used, 10000);
	assert_true(numbers.room >= numbers.used);
	for (uint32_t i = 0; i < 10000; i++)
		assert_int_equal(numbers.values[i], i);
	/* The capacity doubles, so 10,000 elements need few reallocations. */
	assert_true(growths <= 11);
	free(numbers.values);
}

static void test_reserve(void **state)
{
	struct numbers numbers = {0};

	(void)state;
	assert_int_equal(ARRAY_RESERVE(numbers.values, numbers.room, 0), 0);
	assert_null(numbers.values);
	assert_int_equal(ARRAY_RESERVE(numbers.values, numbers.room, 1000), 0);
	assert_true(numbers.room >= 1000);
	numbers.values[999] = 7;
	uint32_t *before = numbers.values;
	assert_int_equal(ARRAY_RESERVE(numbers.values, numbers.room, numbers.room), 0);
	assert_ptr_equal(numbers.values, before);
	free(numbers.values);
}

static void test_sizes_that_overflow(void **state)
{
	struct numbers numbers = {0};

	(void)state;
	uint32_t *added = ARRAY_ADD(numbers.values, numbers.used, numbers.room);
	if (added)
		*added = 5;
	struct numbers before = numbers;
	/* The first call overflows the capacity, the second call overflows the size in bytes. */
	assert_int_equal(ARRAY_RESERVE(numbers.values, numbers.room, SIZE_MAX), -ENOMEM);
	assert_int_equal(ARRAY_RESERVE(numbers.values, numbers.room, SIZE_MAX / 2), -ENOMEM);
	assert_memory_equal(&numbers, &before, sizeof(numbers));
	assert_int_equal(numbers.values[0], 5);
	free(numbers.values);
	assert_null(array_extend(NULL, SIZE_MAX, 1));
	assert_null(array_extend(NULL, SIZE_MAX / 4, 8));
}

static void test_extend_zeroes(void **state)
{
	struct numbers *items = NULL;
	size_t count = 0;

	(void)state;
	for (size_t i = 0; i < 100; i++) {
		assert_non_null(ARRAY_EXTEND(items, count));
		assert_int_equal(count, i + 1);
		assert_null(items[i].values);
		assert_int_equal(items[i].used, 0);
		memset(&items[i], 0xff, sizeof(items[i]));
	}
	assert_int_equal(items[0].used, SIZE_MAX);
	free(items);
}

struct entry {
	const char *key;
	int value;
};

static void test_sorted(void **state)
{
	static const char *const keys[] = {"m", "c", "x", "a", "n", "mm"};
	static const char *const sorted[] = {"a", "c", "m", "mm", "n", "x"};
	struct {
		struct entry *items;
		size_t count;
		size_t capacity;
	} list = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		size_t at = array_lower_bound(list.items, list.count, sizeof(*list.items), keys[i]);
		struct entry *entry = ARRAY_INSERT(list.items, list.count, list.capacity, at);
		if (!entry)
			fail();
		else
			*entry = (struct entry){.key = keys[i], .value = (int)i};
	}
	assert_int_equal(list.count, sizeof(sorted) / sizeof(sorted[0]));
	for (size_t i = 0; i < list.count; i++) {
		assert_string_equal(list.items[i].key, sorted[i]);
		assert_string_equal(keys[list.items[i].value], sorted[i]);
		assert_int_equal(
			array_lower_bound(list.items, list.count, sizeof(*list.items), sorted[i]),
			i);
	}
	assert_int_equal(array_lower_bound(list.items, list.count, sizeof(*list.items), "b"), 1);
	assert_int_equal(array_lower_bound(list.items, list.count, sizeof(*list.items), "z"), 6);
	ARRAY_REMOVE(list.items, list.count, 1);
	assert_int_equal(list.count, 5);
	assert_string_equal(list.items[1].key, "m");
	assert_string_equal(list.items[4].key, "x");
	ARRAY_REMOVE(list.items, list.count, 4);
	assert_string_equal(list.items[3].key, "n");
	free(list.items);
	assert_int_equal(array_lower_bound(NULL, 0, sizeof(struct entry), "a"), 0);
}

/* --- sorting --- */

struct numbered {
	char text[5];
	uint64_t number;
	size_t at; /* before sorting */
};

static int compare_texts(const void *a, const void *b)
{
	return strcmp(((const struct numbered *)a)->text, ((const struct numbered *)b)->text);
}

/* Returns whether two neighbours are in order. Elements that compare as equal keep their order. */
static bool is_ordered(const struct numbered *a, const struct numbered *b, bool with_texts)
{
	int order = with_texts ? compare_texts(a, b) : 0;

	if (a->number != b->number)
		return a->number < b->number;
	return order != 0 ? order < 0 : a->at < b->at;
}

static void test_sort_by_number(void **state)
{
	static const size_t counts[] = {0, 1, 2, 7, 8, 9, 16, 17, 100, 1000};
	struct numbered items[1000];
	uint64_t random = 1;

	(void)state;
	for (size_t test = 0; test < 6 * ARRAY_LENGTH(counts); test++) {
		size_t count = counts[test / 6];
		bool with_texts = test % 2 == 1;
		/* Few different numbers, many, or more than 32 bits. */
		static const uint64_t ranges[] = {3, 1000, UINT64_MAX};
		for (size_t i = 0; i < count; i++) {
			random = random * 6364136223846793005u + 1442695040888963407u;
			items[i] = (struct numbered){
				.number = (random ^ random >> 29) % ranges[test % 3], .at = i};
			items[i].text[0] = (char)('a' + random % 4);
		}
		assert_int_equal(array_sort_by_number(items, count, sizeof(items[0]),
						      offsetof(struct numbered, number),
						      with_texts ? compare_texts : NULL),
				 0);
		for (size_t i = 1; i < count; i++)
			assert_true(is_ordered(&items[i - 1], &items[i], with_texts));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sorted),        cmocka_unit_test(test_add_keeps_elements),
		cmocka_unit_test(test_reserve),       cmocka_unit_test(test_sizes_that_overflow),
		cmocka_unit_test(test_extend_zeroes), cmocka_unit_test(test_sort_by_number),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
