/* SPDX-License-Identifier: Apache-2.0 */
/* Clocks of nodes that are set while the state folds their records. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/array.h"
#include "core/base/clock.h"
#include "core/record/address.h"
#include "core/state/clocks.h"
#include "core/state/identity/holder.h"
#include "core/state/state.h"
#include "tests/support/records.h"
#include "tests/support/state_fixture.h"

#define SECOND_NS ((int64_t)NS_PER_SECOND)
#define DAY_NS    (86400 * SECOND_NS)

/* Returns the record of a step. `ms` is the time in milliseconds after TEST_EPOCH_NS by the old
 * clock. before_ns is the sum of the earlier steps. */
static struct record step_of(const char *node, int64_t before_ns, int64_t step_ns, uint64_t ms)
{
	struct record record;

	assert_int_equal(record_new_body(RECORD_CLOCK, &record), 0);
	record.clock->node = test_copy(node);
	record.clock->set = step_ns < 0 ? CLOCK_SET_BACK : CLOCK_SET_FORWARD;
	record.clock->step_ns = (uint64_t)(step_ns < 0 ? -step_ns : step_ns);
	record.clock->ts_ns =
		TEST_EPOCH_NS + ms * NS_PER_MILLISECOND + (uint64_t)before_ns + (uint64_t)step_ns;
	return record;
}

/* Returns a flow of a node after its clock was moved by set_ns (negative: back). */
static struct record flow_after(enum flow_event_type event, uint64_t id, uint64_t ms,
				int64_t set_ns)
{
	struct record record = test_flow(event, id, ms);

	record.flow.ts_ns += (uint64_t)set_ns;
	return record;
}

/* Durations, rates and ages do not contain the step. Shown times are those of the clock when the
 * event happened. */
static void test_one_connection(void **context)
{
	static const int64_t steps[] = {DAY_NS, -DAY_NS, -(int64_t)TEST_EPOCH_NS + SECOND_NS};

	(void)context;
	for (size_t i = 0; i < ARRAY_LENGTH(steps); i++) {
		struct state *state;
		const int64_t step_ns = steps[i];

		assert_int_equal(state_new(NULL, &state), 0);
		state_fixture_apply(state, test_flow(FLOW_ATTEMPT, 1, 0));
		state_fixture_apply(state, test_flow(FLOW_ESTABLISHED, 1, 10));
		struct record sample = test_flow(FLOW_OPEN, 1, 500);
		sample.flow.has |= FLOW_HAS_TX | FLOW_HAS_RX;
		sample.flow.tx_bytes = 1000;
		state_fixture_apply(state, sample);
		state_fixture_apply(state, step_of(NULL, 0, step_ns, 1000));
		sample = flow_after(FLOW_OPEN, 1, 1500, step_ns);
		sample.flow.has |= FLOW_HAS_TX | FLOW_HAS_RX;
		sample.flow.tx_bytes = 3000;
		const struct conn *conn = state_fixture_apply(state, sample);
		uint64_t now_ns = TEST_EPOCH_NS + 2 * NS_PER_SECOND;

		state_set_lead(state, state_own_lead(state));
		assert_int_equal(conn->first_ns, TEST_EPOCH_NS);
		assert_int_equal(conn->last_ns, TEST_EPOCH_NS + 1500 * NS_PER_MILLISECOND);
		assert_int_equal(conn->flow.tx_bytes, 3000);
		assert_int_equal(
			conn_rate(conn, clocks_now(state_clocks(state), conn->node, now_ns)), 2000);
		assert_int_equal(clocks_now(state_clocks(state), conn->node, now_ns), now_ns);
		assert_int_equal(clocks_wall(state_clocks(state), conn->node, conn->first_ns),
				 TEST_EPOCH_NS);
		assert_int_equal(clocks_wall(state_clocks(state), conn->node, conn->last_ns),
				 sample.flow.ts_ns);
		/* The connection ends, and a later one begins. */
		state_fixture_apply(state, flow_after(FLOW_CLOSED, 1, 3000, step_ns));
		assert_int_equal(conn->phase, CONN_CLOSED);
		assert_int_equal(conn->last_ns - conn->first_ns, 3 * SECOND_NS);

		const struct state_counters *counters = state_counters(state);
		assert_int_equal(counters->last_ns - counters->first_ns, 3 * SECOND_NS);
		assert_int_equal(counters->first_wall_ns, TEST_EPOCH_NS);
		assert_int_equal(counters->last_wall_ns,
				 TEST_EPOCH_NS + 3 * NS_PER_SECOND + (uint64_t)step_ns);
		assert_int_equal(counters->clock_steps, 1);
		state_free(state);
	}
}

/* After several steps, each time is still shown as the time that the clock showed then. */
static void test_history(void **context)
{
	struct state *state = *context;
	int64_t set_ns = 0;
	uint64_t shown_ns[5];

	for (uint64_t i = 0; i < 5; i++) {
		int64_t step_ns = i % 2 ? -3 * DAY_NS : DAY_NS;
		struct record flow = flow_after(FLOW_ATTEMPT, i + 1, i * 1000, set_ns);
		shown_ns[i] = flow.flow.ts_ns;
		state_fixture_apply(state, flow);
		state_fixture_apply(state, step_of(NULL, set_ns, step_ns, i * 1000 + 500));
		set_ns += step_ns;
	}
	uint64_t i = 0;
	for (const struct conn *conn = state_oldest(state); conn; conn = conn->newer, i++) {
		assert_int_equal(conn->first_ns, TEST_EPOCH_NS + i * NS_PER_SECOND);
		assert_int_equal(clocks_wall(state_clocks(state), conn->node, conn->first_ns),
				 shown_ns[i]);
	}
	assert_int_equal(i, 5);
	/* Without room for more, the earliest steps are forgotten. */
	for (i = 0; i < 2 * CLOCKS_STEPS_MAX; i++)
		state_fixture_apply(state, step_of(NULL, set_ns, 0, 10000 + i));
	assert_int_equal(clocks_wall(state_clocks(state), 0, TEST_EPOCH_NS),
			 (uint64_t)((int64_t)TEST_EPOCH_NS + set_ns));
	assert_int_equal(state_own_lead(state), set_ns);
}

/* Each node has its own clock. The latest clock of each node counts as right. */
static void test_nodes(void **context)
{
	struct state *state = *context;
	const int64_t wrong_ns = -30 * DAY_NS; /* node b began with a wrong clock */
	struct record flow = test_flow(FLOW_ATTEMPT, 1, 0);

	test_flow_names(&flow, "a", NULL, NULL, NULL);
	const struct conn *a = state_fixture_apply(state, flow);
	flow = flow_after(FLOW_ATTEMPT, 1, 0, wrong_ns);
	test_flow_names(&flow, "b", NULL, NULL, NULL);
	const struct conn *b = state_fixture_apply(state, flow);
	state_fixture_apply(state, step_of("b", wrong_ns, -wrong_ns, 1000));
	flow = flow_after(FLOW_ATTEMPT, 2, 2000, 0);
	test_flow_names(&flow, "b", NULL, NULL, NULL);
	const struct conn *later = state_fixture_apply(state, flow);
	uint64_t now_ns = TEST_EPOCH_NS + 5 * NS_PER_SECOND;

	state_set_lead(state, 0);
	assert_int_equal(clocks_now(state_clocks(state), a->node, now_ns) - a->first_ns,
			 5 * SECOND_NS);
	assert_int_equal(clocks_now(state_clocks(state), b->node, now_ns) - b->first_ns,
			 5 * SECOND_NS);
	assert_int_equal(clocks_now(state_clocks(state), later->node, now_ns) - later->first_ns,
			 3 * SECOND_NS);
	assert_int_equal(clocks_common(state_clocks(state), later->node, later->first_ns),
			 TEST_EPOCH_NS + 2 * NS_PER_SECOND);
	assert_int_equal(clocks_wall(state_clocks(state), later->node, later->first_ns),
			 TEST_EPOCH_NS + 2 * NS_PER_SECOND);
	/* The caller's own clock is set, too: its scale stays, and its lead grows. */
	state_set_lead(state, DAY_NS);
	assert_int_equal(clocks_now(state_clocks(state), a->node, now_ns) - a->first_ns,
			 5 * SECOND_NS + DAY_NS);
	/* In a recording, the lead is that of the latest flow's node. */
	assert_int_equal(state_latest_lead(state), -wrong_ns);
}

/* A DNS name that was looked up before the step also names connections that begin after the
 * step. */
static void test_dns_names(void **context)
{
	struct state *state = *context;
	struct record dns = test_dns("db.example", "198.51.100.1");

	dns.dns->netns = 7;
	dns.dns->ttl_s = 30;
	dns.dns->ts_ns = TEST_EPOCH_NS;
	state_fixture_apply(state, dns);
	state_fixture_apply(state, step_of(NULL, 0, -DAY_NS, 100));
	struct record flow = flow_after(FLOW_ATTEMPT, 1, 200, -DAY_NS);
	flow.flow.has |= FLOW_HAS_NETNS;
	flow.flow.netns = 7;
	const struct conn *conn = state_fixture_apply(state, flow);
	assert_non_null(conn->dns);
	assert_string_equal(conn->dns, "db.example");
}

/* The API server's clock may agree with the node's clock before the step or after it. */
static void test_pod_start(void **context)
{
	struct state *state = *context;
	struct flow_address address;
	uint8_t family;

	assert_int_equal(address_parse("192.0.2.9", &family, &address), 0);
	state_fixture_apply(state, test_flow(FLOW_ATTEMPT, 1, 0));
	state_fixture_apply(state, step_of(NULL, 0, 10000 * DAY_NS, 100));
	struct record pod = test_pod("shop", "cart", "u1", "192.0.2.9");
	pod.pod->started_ns = TEST_EPOCH_NS + 50 * NS_PER_MILLISECOND + (uint64_t)(10000 * DAY_NS);
	state_fixture_apply(state, pod);
	assert_non_null(holder_pod_at_time(state_workloads(state), family, &address,
					   TEST_EPOCH_NS + 200 * NS_PER_MILLISECOND));
}

/* Steps from broken or hostile streams do not overflow. */
static void test_absurd_steps(void **context)
{
	struct state *state = *context;
	static const struct {
		uint64_t ts_ns;
		uint64_t step_ns;
		uint8_t set;
	} cases[] = {
		{0, UINT64_MAX, CLOCK_SET_BACK},    {UINT64_MAX, UINT64_MAX, CLOCK_SET_FORWARD},
		{5, INT64_MAX, CLOCK_SET_FORWARD},  {5, INT64_MAX, CLOCK_SET_FORWARD},
		{5, INT64_MAX, CLOCK_SET_BACK},     {5, INT64_MAX, CLOCK_SET_BACK},
		{5, INT64_MAX, CLOCK_SET_BACK},     {5, 1, CLOCK_SET_BACK},
		{UINT64_MAX, 1, CLOCK_SET_FORWARD}, {0, 0, 0},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct record record;

		assert_int_equal(record_new_body(RECORD_CLOCK, &record), 0);
		record.clock->ts_ns = cases[i].ts_ns;
		record.clock->step_ns = cases[i].step_ns;
		record.clock->set = cases[i].set;
		state_fixture_apply(state, record);
		const struct conn *conn =
			state_fixture_apply(state, test_flow(FLOW_ATTEMPT, i + 1, i));
		state_set_lead(state, state_latest_lead(state));
		assert_true(conn->first_ns > 0);
		assert_true(clocks_wall(state_clocks(state), 0, conn->first_ns) > 0);
		assert_true(clocks_now(state_clocks(state), 0, TEST_EPOCH_NS) > 0);
	}
}

/* Two nodes whose clocks differ by ten seconds see attempts at the same moment. Both begin to hang
 * at the same time, and their ages agree. Steps of any clock change nothing. */
static void test_measured(void **context)
{
	static const int64_t aheads[] = {5 * SECOND_NS, -5 * SECOND_NS};
	static const char *const nodes[] = {"fast", "slow"};
	const struct conn *conns[2];
	struct state *state;

	(void)context;
	assert_int_equal(state_new(NULL, &state), 0);
	for (size_t i = 0; i < 2; i++) {
		struct record flow = flow_after(FLOW_ATTEMPT, 1 + i, 0, aheads[i]);
		test_flow_names(&flow, nodes[i], NULL, NULL, NULL);
		conns[i] = state_fixture_apply(state, flow);
		assert_int_equal(clocks_ahead(state_clocks(state), conns[i]->node), 0);
		state_set_ahead(state, conns[i]->node, aheads[i]);
		assert_int_equal(clocks_ahead(state_clocks(state), conns[i]->node), aheads[i]);
	}
	state_advance(state, TEST_EPOCH_NS + 900 * NS_PER_MILLISECOND);
	assert_int_equal(state_counters(state)->hanging_now, 0);
	state_advance(state, TEST_EPOCH_NS + 1100 * NS_PER_MILLISECOND);
	assert_int_equal(state_counters(state)->hanging_now, 2);
	for (int step = 0; step < 3; step++) {
		const struct clocks *clocks = state_clocks(state);
		if (step == 1)
			state_set_lead(state, 3600 * SECOND_NS);
		if (step == 2)
			state_fixture_apply(state, step_of("slow", aheads[1], 7 * SECOND_NS, 2000));
		for (size_t i = 0; i < 2; i++) {
			assert_int_equal(clocks_common(clocks, conns[i]->node, conns[i]->first_ns),
					 TEST_EPOCH_NS);
			assert_int_equal(
				clocks_now(clocks, conns[i]->node, TEST_EPOCH_NS + NS_PER_SECOND) -
					conns[i]->first_ns,
				NS_PER_SECOND);
		}
	}
	/* The slow clock was 5 s behind, was set forward by 7 s, and this machine's by an hour. */
	assert_int_equal(clocks_ahead(state_clocks(state), conns[1]->node), (2 - 3600) * SECOND_NS);
	state_free(state);
}

/* A pod that started a moment before the flow of a node whose clock is behind is its subject's
 * peer: the API server's clock is not behind. */
static void test_start_while_behind(void **context)
{
	struct clocks clocks = {0};

	(void)context;
	assert_int_equal(clocks_earliest(&clocks, TEST_EPOCH_NS), TEST_EPOCH_NS);
	assert_int_equal(clocks_set_ahead(&clocks, 1, 5 * SECOND_NS), 0);
	assert_int_equal(clocks_earliest(&clocks, TEST_EPOCH_NS), TEST_EPOCH_NS);
	assert_int_equal(clocks_set_ahead(&clocks, 2, -5 * SECOND_NS), 0);
	assert_int_equal(clocks_earliest(&clocks, TEST_EPOCH_NS), TEST_EPOCH_NS - 5 * SECOND_NS);
	assert_int_equal(clocks_earliest(&clocks, 0), 0);
	clocks_clear(&clocks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, state_fixture_setup, state_fixture_teardown)
		TEST(test_one_connection),
		TEST(test_history),
		TEST(test_nodes),
		TEST(test_dns_names),
		TEST(test_pod_start),
		TEST(test_absurd_steps),
		cmocka_unit_test(test_measured),
		cmocka_unit_test(test_start_while_behind),
#undef TEST
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
