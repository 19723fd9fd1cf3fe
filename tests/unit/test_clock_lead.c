/* SPDX-License-Identifier: Apache-2.0 */
#include "core/state/clock_lead.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/base/clock.h"

#define START_NS   (1767323045ull * NS_PER_SECOND)
#define SECOND     ((int64_t)NS_PER_SECOND)
#define ROUNDS     200
#define RECORDS    500
#define MOST_DELAY 300 /* milliseconds */

/* The next number of a fixed sequence below `end`. */
static uint64_t next_number(uint64_t *seed, uint64_t end)
{
	*seed = *seed * 6364136223846793005ull + 1442695040888963407ull;
	return (*seed >> 33) % end;
}

/* Whatever the delays are, the lead is never more than that of the clock, and less by no more than
 * the shortest delay, a step and the decay. */
static void test_random_delays(void **context)
{
	uint64_t seed = 1;

	(void)context;
	for (int round = 0; round < ROUNDS; round++) {
		struct clock_lead lead = {0};
		int64_t truth_ns = ((int64_t)next_number(&seed, 20000) - 10000) * 1000000;
		uint64_t now_ns = START_NS;
		int64_t shortest_ns = INT64_MAX;
		for (int i = 0; i < RECORDS; i++) {
			/* Now and then, the stream stalls for up to ten seconds. */
			uint64_t most = next_number(&seed, 20) == 0 ? 10000 : MOST_DELAY;
			int64_t delay_ns = (int64_t)next_number(&seed, most) * 1000000;
			now_ns += next_number(&seed, 100) * 1000000;
			if (delay_ns < shortest_ns)
				shortest_ns = delay_ns;
			(void)clock_lead_add(
				&lead, (uint64_t)((int64_t)now_ns + truth_ns - delay_ns), now_ns);
			int64_t decay_ns = (int64_t)(now_ns - START_NS) / CLOCK_LEAD_DECAY;
			assert_true(lead.bound_ns <= truth_ns);
			assert_true(lead.reported_ns <= truth_ns + CLOCK_LEAD_STEP_NS);
			assert_true(lead.reported_ns >=
				    truth_ns - shortest_ns - CLOCK_LEAD_STEP_NS - decay_ns);
		}
	}
}

/* A stream that falls behind by a minute looks late, not like a clock that is behind. */
static void test_backlog(void **context)
{
	struct clock_lead lead = {0};

	(void)context;
	assert_true(clock_lead_add(&lead, START_NS + 5 * NS_PER_SECOND, START_NS));
	for (uint64_t i = 1; i <= 60; i++)
		assert_false(clock_lead_add(&lead, START_NS + 5 * NS_PER_SECOND,
					    START_NS + i * NS_PER_SECOND));
	assert_int_equal(lead.reported_ns, 5 * SECOND);
}

/* A clock that is slowed down by 500 parts in a million is followed. */
static void test_slow_correction(void **context)
{
	struct clock_lead lead = {0};
	int64_t truth_ns = 2 * SECOND;

	(void)context;
	for (uint64_t i = 0; i < 4000; i++) {
		uint64_t now_ns = START_NS + i * NS_PER_SECOND;
		(void)clock_lead_add(&lead, (uint64_t)((int64_t)now_ns + truth_ns), now_ns);
		assert_in_range(llabs(lead.reported_ns - truth_ns), 0, CLOCK_LEAD_STEP_NS);
		truth_ns -= 500000;
	}
}

static void test_absurd_times(void **context)
{
	struct clock_lead lead = {0};

	(void)context;
	assert_true(clock_lead_add(&lead, 1, UINT64_MAX));
	assert_true(clock_lead_add(&lead, UINT64_MAX, 1));
	assert_true(lead.reported_ns > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_delays),
		cmocka_unit_test(test_backlog),
		cmocka_unit_test(test_slow_correction),
		cmocka_unit_test(test_absurd_times),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
