/* SPDX-License-Identifier: Apache-2.0 */
/* The labels that pods had earlier. */
#include "core/state/identity/label_history.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/base/array.h"
#include "core/base/hash.h"

#define PODS 400000u

/* The history only compares the addresses of pods. */
static const struct pod_record *pod_at(uint32_t number)
{
	return (const struct pod_record *)((uintptr_t)number << 4);
}

static int compare_numbers(const void *a, const void *b)
{
	const uint64_t *left = a;
	const uint64_t *right = b;

	return *left < *right ? -1 : *left > *right;
}

/* Finds two pods whose hashes are equal in the 32 bits that the index compares. */
static void find_pods_with_equal_hash(const struct pod_record **first,
				      const struct pod_record **second)
{
	uint64_t *sorted = calloc(PODS, sizeof(*sorted));
	size_t at = 1;

	assert_non_null(sorted);
	for (uint32_t i = 0; i < PODS; i++)
		sorted[i] = hash_u64((uint64_t)(uintptr_t)pod_at(i + 1)) << 32 | (i + 1);
	qsort(sorted, PODS, sizeof(*sorted), compare_numbers);
	while (at < PODS && sorted[at] >> 32 != sorted[at - 1] >> 32)
		at++;
	assert_true(at < PODS);
	*first = pod_at((uint32_t)sorted[at - 1]);
	*second = pod_at((uint32_t)sorted[at]);
	free(sorted);
}

static void pods_with_equal_hash_are_separate(void **state)
{
	const struct pod_record *pods[2];
	struct labels none = {0};

	(void)state;
	find_pods_with_equal_hash(&pods[0], &pods[1]);
	for (size_t i = 0; i < ARRAY_LENGTH(pods); i++) {
		struct label_history history = {0};
		const struct pod_record *kept = pods[1 - i];

		label_history_add(&history, pods[0], &none, 10);
		label_history_add(&history, pods[1], &none, 10);
		label_history_add(&history, pods[i], &none, 20);
		label_history_forget(&history, pods[i]);
		assert_null(label_history_find(&history, pods[i], 5));
		assert_null(label_history_find(&history, pods[i], 15));
		assert_non_null(label_history_find(&history, kept, 5));
		label_history_clear(&history);
	}
}

static void the_version_of_the_time_is_found(void **state)
{
	struct label_history history = {0};
	const struct pod_record *pod = pod_at(1);
	struct labels none = {0};
	const struct labels *early;

	(void)state;
	assert_null(label_history_find(&history, pod, 5));
	label_history_add(&history, pod, &none, 10);
	label_history_add(&history, pod, &none, 20);
	early = label_history_find(&history, pod, 10);
	assert_non_null(early);
	assert_ptr_not_equal(early, label_history_find(&history, pod, 11));
	assert_null(label_history_find(&history, pod, 21));
	label_history_clear(&history);
}

static void the_oldest_versions_make_room(void **state)
{
	struct label_history history = {0};
	struct labels none = {0};

	(void)state;
	for (uint32_t i = 0; i <= LABEL_HISTORY_MAX; i++)
		label_history_add(&history, pod_at(i + 1), &none, 10);
	assert_int_equal(history.count, LABEL_HISTORY_MAX);
	assert_null(label_history_find(&history, pod_at(1), 5));
	assert_non_null(label_history_find(&history, pod_at(2), 5));
	assert_non_null(label_history_find(&history, pod_at(LABEL_HISTORY_MAX + 1), 5));
	label_history_clear(&history);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(pods_with_equal_hash_are_separate),
		cmocka_unit_test(the_version_of_the_time_is_found),
		cmocka_unit_test(the_oldest_versions_make_room),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
