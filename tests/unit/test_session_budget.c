/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the memory that the records of one stream may take. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/text.h"
#include "core/record/record.h"
#include "core/state/identity/workloads.h"
#include "tui/session/session_budget.h"

#define MAX 100000u

struct bench {
	struct workloads *workloads;
	struct session_budget budget;
};

/* Makes a record with a name, and with `labels` labels if its kind has labels. */
static struct record make(enum record_kind kind, unsigned int number, size_t labels)
{
	struct record record;
	char name[32];

	assert_int_equal(record_new_body(kind, &record), 0);
	snprintf(name, sizeof(name), "name-%u", number);
	if (kind == RECORD_POD || kind == RECORD_SERVICE)
		assert_int_equal(text_copy("shop", record_member(&record, "namespace")), 0);
	assert_int_equal(
		text_copy(name, record_member(&record, kind == RECORD_CONTAINER ? "id" : "name")),
		0);
	for (size_t i = 0; i < labels; i++) {
		snprintf(name, sizeof(name), "key-%zu", i);
		assert_int_equal(labels_set(record_member(&record, "labels"), name, "value"), 0);
	}
	return record;
}

/* Offers a record, and stores it if it is admitted. */
static bool offer(struct bench *bench, enum record_kind kind, unsigned int number, size_t labels)
{
	struct record record = make(kind, number, labels);
	bool admitted = session_budget_admit(&bench->budget, MAX, bench->workloads, &record);

	if (admitted)
		assert_int_equal(workloads_apply(bench->workloads, &record), 0);
	record_free(&record);
	return admitted;
}

static void test_many_names(void **state)
{
	static const enum record_kind kinds[] = {RECORD_POD, RECORD_SERVICE, RECORD_NAMESPACE,
						 RECORD_NODE, RECORD_SERVICE_RANGE};

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct bench bench = {0};
		unsigned int admitted = 0;
		assert_int_equal(workloads_new(&bench.workloads), 0);
		while (admitted < MAX && offer(&bench, kinds[i], admitted, 0))
			admitted++;
		assert_in_range(admitted, MAX / 1000, MAX / 32);
		assert_int_equal(bench.budget.refused, 1);
		assert_true(bench.budget.used <= MAX);
		/* Records of known names take no more memory. */
		assert_true(offer(&bench, kinds[i], 0, 0));
		assert_true(offer(&bench, kinds[i], admitted - 1, 0));
		workloads_free(bench.workloads);
	}
}

static void test_labels(void **state)
{
	struct bench bench = {0};

	(void)state;
	assert_int_equal(workloads_new(&bench.workloads), 0);
	assert_true(offer(&bench, RECORD_POD, 0, 1));
	size_t used = bench.budget.used;
	assert_true(offer(&bench, RECORD_POD, 0, 1000));
	assert_true(bench.budget.used > used + 1000 * strlen("key-0value"));
	assert_false(offer(&bench, RECORD_POD, 0, 10000));
	assert_false(offer(&bench, RECORD_NAMESPACE, 0, 10000));
	assert_int_equal(bench.budget.refused, 2);
	/* A smaller record gives its memory back. */
	assert_true(offer(&bench, RECORD_POD, 0, 1));
	assert_int_equal(bench.budget.used, used);
	assert_true(offer(&bench, RECORD_CONTAINER, 0, 10));
	assert_false(offer(&bench, RECORD_CONTAINER, 1, 1000));
	assert_int_equal(bench.budget.used, used);
	workloads_free(bench.workloads);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many_names),
		cmocka_unit_test(test_labels),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
