/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/array.h"
#include "core/base/index_list.h"

#define ITEMS 6

/* An element in two lists. */
struct item {
	int value;
	struct index_link one;
	struct index_link two;
};

/* Compares a list, in both directions, with the positions that it must have. */
static void expect(const struct index_list *list, const struct item *items, bool two,
		   const uint32_t *wanted, size_t count)
{
	uint32_t at = list->oldest;
	uint32_t back = list->newest;

	for (size_t i = 0; i < count; i++) {
		assert_int_equal(at, wanted[i]);
		assert_int_equal(back, wanted[count - 1 - i]);
		at = two ? items[at].two.newer : items[at].one.newer;
		back = two ? items[back].two.older : items[back].one.older;
	}
	assert_int_equal(at, HASH_INDEX_NONE);
	assert_int_equal(back, HASH_INDEX_NONE);
}

/* Inserts, appends and removes elements at random, and compares the list with an array after each
 * step. */
static void test_model(void **state)
{
	struct item items[ITEMS] = {{0}};
	struct index_list list = INDEX_LIST_EMPTY;
	uint32_t model[ITEMS] = {0};
	size_t count = 0;

	(void)state;
	srand(1);
	for (int step = 0; step < 10000; step++) {
		uint32_t at = (uint32_t)(rand() % ITEMS);
		size_t place = 0;
		while (place < count && model[place] != at)
			place++;
		size_t wanted = (size_t)rand() % (count + 1);
		if (place == count && step % 2) {
			index_list_append(&list, INDEX_LINKS(items, one), at);
			model[count++] = at;
		} else if (place == count) {
			index_list_insert(&list, INDEX_LINKS(items, one), at,
					  wanted ? model[wanted - 1] : HASH_INDEX_NONE);
			memmove(&model[wanted + 1], &model[wanted],
				(count++ - wanted) * sizeof(*model));
			model[wanted] = at;
		} else {
			index_list_remove(&list, INDEX_LINKS(items, one), at);
			memmove(&model[place], &model[place + 1],
				(--count - place) * sizeof(*model));
		}
		expect(&list, items, false, model, count);
	}
}

/* Each element is in two lists, whose orders differ. The lists stay valid when the array of
 * elements moves. */
static void test_two_lists(void **state)
{
	struct item items[ITEMS] = {{0}};
	struct item moved[ITEMS];
	struct index_list one = INDEX_LIST_EMPTY;
	struct index_list two = INDEX_LIST_EMPTY;
	const uint32_t first[] = {0, 1, 2, 3, 4, 5};
	const uint32_t second[] = {5, 4, 2, 1, 0};

	(void)state;
	for (uint32_t i = 0; i < ITEMS; i++) {
		index_list_append(&one, INDEX_LINKS(items, one), i);
		index_list_append(&two, INDEX_LINKS(items, two), ITEMS - 1 - i);
	}
	memcpy(moved, items, sizeof(items));
	memset(items, 0xff, sizeof(items));
	index_list_remove(&two, INDEX_LINKS(moved, two), 3);
	expect(&one, moved, false, first, ARRAY_LENGTH(first));
	expect(&two, moved, true, second, ARRAY_LENGTH(second));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_model),
		cmocka_unit_test(test_two_lists),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
