/* SPDX-License-Identifier: Apache-2.0 */
#include "core/record/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/random_record.h"

static void test_labels_stay_sorted_and_unique(void **state)
{
	static const char *const keys[] = {"m", "a", "z", "b", "aa", "", "m", "é", "B", "z"};
	struct labels labels = {0};

	(void)state;
	assert_null(labels_get(&labels, "a"));
	assert_null(labels_get(NULL, "a"));
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		assert_int_equal(labels_set(&labels, keys[i], keys[i]), 0);
	assert_int_equal(labels.count, 8);
	for (size_t i = 1; i < labels.count; i++)
		assert_true(strcmp(labels.items[i - 1].key, labels.items[i].key) < 0);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		assert_string_equal(labels_get(&labels, keys[i]), keys[i]);
	assert_null(labels_get(&labels, "aaa"));
	assert_null(labels_get(&labels, "zz"));

	assert_int_equal(labels_set(&labels, "m", "new"), 0);
	assert_int_equal(labels.count, 8);
	assert_string_equal(labels_get(&labels, "m"), "new");
	/* The new value may be the stored string that labels_set frees. */
	assert_int_equal(labels_set(&labels, "m", labels_get(&labels, "m")), 0);
	assert_string_equal(labels_get(&labels, "m"), "new");
	labels_clear(&labels);
	assert_int_equal(labels.count, 0);
	assert_null(labels.items);
	labels_clear(&labels);
}

static void test_string_list(void **state)
{
	struct string_list list = {0};
	char text[] = "one";

	(void)state;
	assert_int_equal(string_list_add(&list, text), 0);
	text[0] = 'X';
	assert_int_equal(string_list_add(&list, ""), 0);
	assert_int_equal(list.count, 2);
	assert_string_equal(list.items[0], "one");
	assert_string_equal(list.items[1], "");
	string_list_clear(&list);
	assert_int_equal(list.count, 0);
	assert_null(list.items);
	string_list_clear(&list);
}

/* The sanitizers report memory that leaks or is freed twice. */
static void test_free_whole_records(void **state)
{
	struct random random = {.state = 1};

	(void)state;
	for (int kind = RECORD_NONE; kind <= RECORD_LOST; kind++) {
		for (int round = 0; round < 50; round++) {
			struct record record;
			random_record(&random, (enum record_kind)kind,
				      (enum random_presence)(round % 3), &record);
			record_free(&record);
			assert_int_equal(record.kind, RECORD_NONE);
			record_free(&record);
		}
	}
	record_free(NULL);
}

static void test_free_half_built_records(void **state)
{
	(void)state;
	for (int kind = RECORD_HELLO; kind <= RECORD_DNS; kind++) {
		struct record record = {.kind = (uint8_t)kind};
		record_free(&record);
		assert_int_equal(record.kind, RECORD_NONE);
	}
	hello_record_free(NULL);
	container_record_free(NULL);
	pod_record_free(NULL);
	service_record_free(NULL);
	namespace_record_free(NULL);
	node_record_free(NULL);
	service_range_record_free(NULL);
	hello_record_free(calloc(1, sizeof(struct hello_record)));
	container_record_free(calloc(1, sizeof(struct container_record)));
	namespace_record_free(calloc(1, sizeof(struct namespace_record)));
	node_record_free(calloc(1, sizeof(struct node_record)));
	/* The ports are counted, although their texts are still NULL. */
	struct pod_record *pod = calloc(1, sizeof(*pod));
	struct service_record *service = calloc(1, sizeof(*service));
	assert_true(pod && service);
	pod->ports = calloc(3, sizeof(*pod->ports));
	pod->port_count = 2;
	service->ports = calloc(3, sizeof(*service->ports));
	service->endpoints = calloc(3, sizeof(*service->endpoints));
	service->port_count = service->endpoint_count = 1;
	pod_record_free(pod);
	service_record_free(service);
}

/* A copy has the same fields in memory of its own. */
static void test_copy_body(void **state)
{
	struct random random = {.state = 7};

	(void)state;
	for (int kind = RECORD_HELLO; kind < RECORD_LOST; kind++) {
		for (int i = 0; kind != RECORD_FLOW && i < 50; i++) {
			struct record record;
			struct record copy;
			struct record again;
			random_record(&random, (enum record_kind)kind,
				      i == 0 ? RANDOM_ALL : RANDOM_SOME, &record);
			assert_int_equal(record_copy_body(&record, &copy), 0);
			assert_null(record_difference(&record, &copy));
			assert_int_equal(record_copy_body(&copy, &again), 0);
			record_free(&copy);
			assert_null(record_difference(&record, &again));
			record_free(&again);
			record_free(&record);
		}
	}
}

static void test_member(void **state)
{
	struct record record;

	(void)state;
	assert_int_equal(record_new_body(RECORD_NODE, &record), 0);
	assert_ptr_equal(record_member(&record, "name"), &record.node->name);
	assert_ptr_equal(record_member(&record, "deleted"), &record.node->deleted);
	assert_null(record_member(&record, "namespace"));
	record_free(&record);
}

/* A queue copies records, which should cost few cache lines. */
static void test_size(void **state)
{
	(void)state;
	assert_true(sizeof(struct record) <= 208);
	assert_int_equal(offsetof(struct record, flow), 8);
}

/* Labels may arrive in any order. Adding one must not move the others, nor their memory each time.
 */
static void test_many_labels(void **state)
{
	enum { LABELS = 50000 };
	struct labels labels = {0};
	size_t capacity = 0;
	size_t grown = 0;
	char key[32];

	(void)state;
	for (unsigned int i = 0; i < LABELS; i++) {
		size_t before = capacity;
		snprintf(key, sizeof(key), "key-%06u", LABELS - i);
		assert_int_equal(labels_add(&labels, &capacity, key, "value"), 0);
		assert_string_equal(labels.items[i].key, key);
		grown += capacity != before;
	}
	assert_in_range(grown, 1, 20);
	assert_int_equal(labels_add(&labels, &capacity, "key-000007", "zone"), 0);
	assert_int_equal(labels_add(&labels, &capacity, "key-000007", "a"), 0);
	labels_sort(&labels);
	assert_int_equal(labels.count, LABELS);
	assert_string_equal(labels.items[0].key, "key-000001");
	assert_string_equal(labels_get(&labels, "key-000007"), "zone");
	assert_string_equal(labels_get(&labels, "key-050000"), "value");
	labels_clear(&labels);
}

/* The number of different errors and the length of each are bounded. */
static void test_failure_counts(void **state)
{
	struct failure_counts counts = {0};
	char error[64];

	(void)state;
	assert_int_equal(failure_counts_take(&counts, "EPERM", 1), 0);
	assert_int_equal(failure_counts_add(&counts, "EPERM", 2), 0);
	assert_int_equal(failure_counts_add(&counts, "EACCES", 1), 0);
	assert_int_equal(failure_counts_add(&counts, "EPERM", 3), 0);
	assert_int_equal(counts.count, 2);
	assert_string_equal(counts.items[0].error, "EACCES");
	assert_int_equal(failure_counts_sum(&counts), 6);
	assert_int_equal(failure_counts_take(&counts, "EACCES", 1), 1);
	assert_int_equal(failure_counts_take(&counts, "EACCES", 1), 0);
	assert_int_equal(counts.count, 1);
	assert_int_equal(failure_counts_take(&counts, "EPERM", 3), 3);
	assert_int_equal(failure_counts_take(&counts, "EPERM", UINT64_MAX), 2);
	assert_int_equal(counts.count, 0);
	assert_int_equal(failure_counts_add(&counts, "EPERM", 5), 0);
	for (int i = 0; i < 100; i++) {
		snprintf(error, sizeof(error), "E%d", i);
		assert_int_equal(failure_counts_add(&counts, error, 1), 0);
	}
	memset(error, 'x', sizeof(error) - 1);
	error[sizeof(error) - 1] = '\0';
	assert_int_equal(failure_counts_add(&counts, error, 1), 0);
	assert_int_equal(counts.count, FAILURE_COUNTS_MAX + 1);
	assert_int_equal(failure_counts_sum(&counts), 5 + 101);
	failure_counts_clear(&counts);
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many_labels),
		cmocka_unit_test(test_labels_stay_sorted_and_unique),
		cmocka_unit_test(test_string_list),
		cmocka_unit_test(test_free_whole_records),
		cmocka_unit_test(test_free_half_built_records),
		cmocka_unit_test(test_copy_body),
		cmocka_unit_test(test_member),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_failure_counts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
