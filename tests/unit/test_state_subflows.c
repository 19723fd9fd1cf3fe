/* SPDX-License-Identifier: Apache-2.0 */
/* Tests that further subflows of Multipath TCP connections do not count as connections. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/state/conn_words.h"
#include "core/state/state.h"
#include "tests/support/records.h"
#include "tests/support/state_fixture.h"

/* Makes a flow of the subflow `id` of connection 1. */
static struct record subflow(enum flow_event_type event, uint64_t id, uint64_t ms,
			     const char *destination)
{
	struct record record = test_flow(event, id, ms);

	test_flow_src(&record, "192.0.2.2");
	test_flow_dst(&record, destination);
	record.flow.has |= FLOW_HAS_SUBFLOW_OF | FLOW_HAS_TX;
	record.flow.count = 1;
	record.flow.tx_bytes = event == FLOW_CLOSED ? 100 : 0;
	return record;
}

static void test_same_destination(void **context)
{
	struct state *state = *context;
	const struct state_counters *counters = state_counters(state);

	state_fixture_apply(state, test_flow(FLOW_ATTEMPT, 1, 0));
	const struct conn *conn = state_fixture_apply(state, test_flow(FLOW_ESTABLISHED, 1, 1));
	state_fixture_apply(state, subflow(FLOW_ATTEMPT, 2, 2, "198.51.100.1"));
	assert_int_equal(counters->hanging_now, 0);
	assert_int_equal(conn->flow.subflows, 0);
	const struct conn *joined =
		state_fixture_apply(state, subflow(FLOW_ESTABLISHED, 2, 3, "198.51.100.1"));
	assert_string_equal(conn_state_word(joined), "subflow");
	assert_string_equal(conn_state_word(conn), "established");
	assert_ptr_equal(joined->edge, conn->edge);
	assert_int_equal(conn->flow.subflows, 2);
	state_fixture_apply(state, subflow(FLOW_ESTABLISHED, 3, 4, "198.51.100.1"));
	assert_int_equal(conn->flow.subflows, 3);
	assert_int_equal(counters->connections, 1);
	assert_int_equal(counters->attempts, 1);
	assert_int_equal(counters->established, 1);
	assert_int_equal(counters->open_now, 1);
	assert_int_equal(conn->subject->conn_count, 1);
	assert_int_equal(conn->subject->open_count, 1);
	assert_int_equal(conn->edge->conn_count, 1);
	assert_int_equal(conn->edge->ok_count, 1);
	assert_int_equal(conn->edge->open_count, 1);

	state_fixture_apply(state, subflow(FLOW_CLOSED, 2, 5, "198.51.100.1"));
	assert_int_equal(counters->closed, 0);
	assert_int_equal(counters->open_now, 1);
	assert_int_equal(conn->edge->tx_bytes, 100);
	struct record closed = test_flow(FLOW_CLOSED, 1, 6);
	closed.flow.subflows = 3;
	state_fixture_apply(state, closed);
	assert_int_equal(conn->flow.subflows, 3);
	assert_int_equal(counters->closed, 1);
	assert_int_equal(counters->open_now, 0);
	assert_int_equal(conn->edge->conn_count, 1);
}

/* A policy must allow the destination of the subflow, too. */
static void test_other_destination(void **context)
{
	struct state *state = *context;
	const struct state_counters *counters = state_counters(state);

	state_fixture_apply(state, test_flow(FLOW_ATTEMPT, 1, 0));
	const struct conn *conn = state_fixture_apply(state, test_flow(FLOW_ESTABLISHED, 1, 1));
	state_fixture_apply(state, subflow(FLOW_ATTEMPT, 2, 2, "198.51.100.7"));
	const struct conn *joined =
		state_fixture_apply(state, subflow(FLOW_ESTABLISHED, 2, 3, "198.51.100.7"));
	assert_ptr_not_equal(joined->edge, conn->edge);
	assert_int_equal(joined->edge->conn_count, 1);
	assert_int_equal(joined->edge->ok_count, 1);
	assert_int_equal(conn->edge->conn_count, 1);
	assert_int_equal(conn->subject->conn_count, 1);
	assert_int_equal(counters->connections, 1);
	assert_int_equal(counters->open_now, 1);
	/* A subflow that fails is a failure of its destination only. */
	state_fixture_apply(state, subflow(FLOW_ATTEMPT, 3, 4, "198.51.100.8"));
	joined = state_fixture_apply(state, subflow(FLOW_FAILED, 3, 5, "198.51.100.8"));
	assert_int_equal(joined->edge->failed_count, 1);
	assert_int_equal(counters->failed, 0);
	assert_int_equal(counters->hanging_now, 0);
	assert_int_equal(conn->subject->failed_count, 0);
	assert_int_equal(conn->flow.subflows, 2);
}

/* Without the records of its connection, a subflow counts for its destination. */
static void test_unknown_connection(void **context)
{
	struct state *state = *context;
	const struct conn *joined =
		state_fixture_apply(state, subflow(FLOW_ESTABLISHED, 2, 3, "198.51.100.1"));

	assert_int_equal(joined->edge->ok_count, 1);
	assert_int_equal(state_counters(state)->connections, 0);
	const struct conn *conn = state_fixture_apply(state, test_flow(FLOW_OPEN, 1, 4));
	assert_int_equal(conn->edge->ok_count, 2);
	assert_int_equal(state_counters(state)->connections, 1);
}

int main(void)
{
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, state_fixture_setup, state_fixture_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_same_destination),
		TEST(test_other_destination),
		TEST(test_unknown_connection),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("state: subflows", tests, NULL, NULL);
}
