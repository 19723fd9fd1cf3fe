/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting queries of one cgroup leave room for those of others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/dns/dns_shares.h"

#define ROOM 1000

/* Adds up to `count` queries, and returns the number of those that were admitted. */
static size_t add(struct dns_shares *shares, uint64_t cgroup_id, size_t count)
{
	size_t added = 0;

	for (size_t i = 0; i < count; i++) {
		if (!dns_shares_admit(shares, cgroup_id, ROOM))
			continue;
		dns_shares_add(shares, cgroup_id);
		added++;
	}
	return added;
}

/* The refused queries of the cgroups with the ids 0 to 9. */
static uint64_t refused[10];

static void note(void *data, uint64_t cgroup_id, uint64_t count)
{
	(void)data;
	assert_true(cgroup_id < 10);
	refused[cgroup_id] += count;
}

static void test_shares(void **state)
{
	struct dns_shares shares = {0};

	(void)state;
	assert_int_equal(add(&shares, 1, 2 * ROOM), ROOM / 2);
	assert_int_equal(add(&shares, 2, 100), 100);
	/* The second flood gets half of the rest. */
	assert_int_equal(add(&shares, 2, ROOM), ROOM / 4 - 100);
	assert_int_equal(add(&shares, 3, 100), 100);
	assert_int_equal(dns_shares_report(&shares, note, NULL), 2 * ROOM + ROOM + 100 - 850 + 100);
	assert_int_equal(refused[1], 2 * ROOM - ROOM / 2);
	assert_int_equal(refused[2], ROOM + 100 - ROOM / 4);
	assert_int_equal(refused[3], 0);
	assert_int_equal(dns_shares_report(&shares, note, NULL), 0);
	dns_shares_clear(&shares);
}

/* A cgroup without waiting queries takes no memory. */
static void test_removal(void **state)
{
	struct dns_shares shares = {0};

	(void)state;
	for (uint64_t id = 0; id < 100; id++)
		add(&shares, id, 2);
	assert_int_equal(shares.count, 100);
	for (uint64_t id = 0; id < 100; id += 2) {
		dns_shares_remove(&shares, id);
		dns_shares_remove(&shares, id);
	}
	assert_int_equal(shares.count, 50);
	assert_int_equal(shares.waiting, 100);
	for (uint64_t id = 1; id < 100; id += 2)
		dns_shares_remove(&shares, id);
	assert_int_equal(shares.count, 50);
	for (uint64_t id = 99; id < 100; id -= 2)
		dns_shares_remove(&shares, id);
	assert_int_equal(shares.count, 0);
	assert_int_equal(shares.waiting, 0);
	assert_int_equal(add(&shares, 7, 2 * ROOM), ROOM / 2);
	dns_shares_clear(&shares);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shares),
		cmocka_unit_test(test_removal),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("dns_shares", tests, NULL, NULL);
}
