/* SPDX-License-Identifier: Apache-2.0 */
/* The losses of each cgroup, and those that belong to no cgroup, are reported once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/source/ebpf/ring_losses.h"

/* The losses that were reported for the cgroups with the ids 0 to 9. */
static uint64_t reported[10];

static void note(void *data, uint64_t cgroup_id, uint64_t count)
{
	(void)data;
	assert_true(cgroup_id < 10);
	assert_true(count > 0);
	reported[cgroup_id] += count;
}

/* A cgroup and the count of its losses in the map. */
struct pair {
	uint64_t cgroup_id;
	uint64_t lost;
};

static uint64_t update(struct ring_losses *losses, uint64_t total, const struct pair *pairs,
		       size_t count)
{
	struct ring_entry *entries = count ? calloc(count, sizeof(*entries)) : NULL;

	for (size_t i = 0; i < count; i++)
		entries[i] = (struct ring_entry){.cgroup_id = pairs[i].cgroup_id,
						 .share.lost = pairs[i].lost};
	return ring_losses_update(losses, total, entries, count, note, NULL);
}

static int setup(void **state)
{
	static struct ring_losses losses;

	losses = (struct ring_losses){0};
	for (size_t i = 0; i < 10; i++)
		reported[i] = 0;
	*state = &losses;
	return 0;
}

static int teardown(void **state)
{
	ring_losses_clear(*state);
	return 0;
}

static void test_by_cgroup(void **state)
{
	const struct pair first[] = {{7, 5}, {3, 2}, {0, 4}};
	const struct pair second[] = {{3, 2}, {7, 6}, {9, 1}};

	/* The entry 0 and one more loss belong to no known cgroup. */
	assert_int_equal(update(*state, 12, first, 3), 5);
	assert_int_equal(reported[7], 5);
	assert_int_equal(reported[3], 2);
	assert_int_equal(update(*state, 14, second, 3), 0);
	assert_int_equal(reported[7], 6);
	assert_int_equal(reported[3], 2);
	assert_int_equal(reported[9], 1);
	assert_int_equal(reported[0], 0);
	assert_int_equal(update(*state, 14, NULL, 0), 0);
}

/* The entries are read after the total, so they may be ahead of it. */
static void test_total_is_behind(void **state)
{
	const struct pair entries[] = {{1, 10}};

	assert_int_equal(update(*state, 8, entries, 1), 0);
	assert_int_equal(update(*state, 10, entries, 1), 0);
	assert_int_equal(update(*state, 13, entries, 1), 3);
	assert_int_equal(update(*state, 13, entries, 1), 0);
	assert_int_equal(reported[1], 10);
}

/* A cgroup whose entry was deleted has a new one. */
static void test_deleted_entry(void **state)
{
	const struct pair first[] = {{1, 10}, {2, 1}};
	const struct pair second[] = {{2, 1}};
	const struct pair third[] = {{2, 1}, {1, 4}};

	assert_int_equal(update(*state, 11, first, 2), 0);
	/* One loss was counted in the entry while it was being deleted. */
	assert_int_equal(update(*state, 12, second, 1), 1);
	assert_int_equal(update(*state, 16, third, 2), 0);
	assert_int_equal(reported[1], 14);
	assert_int_equal(reported[2], 1);
}

/* A reading of the map may return an entry twice. */
static void test_repeated_entry(void **state)
{
	const struct pair entries[] = {{4, 3}, {5, 1}, {4, 3}};

	assert_int_equal(update(*state, 4, entries, 3), 0);
	assert_int_equal(reported[4], 3);
	assert_int_equal(reported[5], 1);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_by_cgroup),
		TEST(test_total_is_behind),
		TEST(test_deleted_entry),
		TEST(test_repeated_entry),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
