/* SPDX-License-Identifier: Apache-2.0 */
/* Connections whose end was lost, and connections whose process becomes known later. */
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

static void mark_listing(struct state *state, enum lost_listing mark)
{
	state_fixture_apply(
		state, (struct record){.kind = RECORD_LOST,
				       .lost = {.where = LOST_KERNEL, .listing = (uint8_t)mark}});
}

/* state_next_unlisted returns the open connections of this machine that had no flow between the two
 * marks of the listing. */
static void test_listing(void **context)
{
	struct state *state = *context;
	struct record remote = test_flow(FLOW_ESTABLISHED, 5, 0);

	state_fixture_apply(state, test_flow(FLOW_ESTABLISHED, 1, 0));
	state_fixture_apply(state, test_flow(FLOW_ESTABLISHED, 2, 0));
	state_fixture_apply(state, test_flow(FLOW_CLOSED, 3, 0));
	state_fixture_apply(state, test_flow(FLOW_ATTEMPT, 4, 0));
	test_flow_names(&remote, "elsewhere", NULL, NULL, NULL);
	state_fixture_apply(state, remote);
	mark_listing(state, LOST_LISTING_BEGIN);
	state_fixture_apply(state, test_flow(FLOW_OPEN, 2, 1));
	state_fixture_apply(state, test_flow(FLOW_ATTEMPT, 6, 1));
	mark_listing(state, LOST_LISTING_END);
	const struct conn *conn = state_next_unlisted(state, NULL);
	assert_non_null(conn);
	assert_int_equal(conn->flow.id, 1);
	conn = state_next_unlisted(state, conn);
	assert_non_null(conn);
	assert_int_equal(conn->flow.id, 4);
	assert_null(state_next_unlisted(state, conn));
	assert_int_equal(state_counters(state)->lost[LOST_KERNEL], 0);
}

static struct record node_flow(const char *node, enum flow_event_type event, uint64_t id,
			       uint16_t sport, uint64_t ms)
{
	struct record record = test_flow(event, id, ms);

	record.flow.sport = sport;
	record.flow.has |= FLOW_HAS_SPORT;
	test_flow_names(&record, node, NULL, NULL, NULL);
	return record;
}

/* After a restart of polecat on a node, its open connections have other ids. They continue, and
 * only those that are not listed are missed. A connection with reused ports is a new one. */
static void test_resume(void **context)
{
	struct state *state = *context;
	const struct state_counters *counters = state_counters(state);

	for (uint16_t i = 1; i <= 4; i++) {
		state_fixture_apply(state, node_flow("far", FLOW_ESTABLISHED, i, i, 0));
		state_fixture_apply(state, node_flow("near", FLOW_ESTABLISHED, i, i, 0));
	}
	state_fixture_apply(state, node_flow("far", FLOW_CLOSED, 4, 4, 1));
	assert_int_equal(counters->connections, 8);
	assert_int_equal(counters->open_now, 7);
	assert_int_equal(state_begin_resume(state, "far"), 0);
	struct record listed = node_flow("far", FLOW_OPEN, 101, 1, 10);
	listed.flow.has |= FLOW_HAS_TX;
	listed.flow.tx_bytes = 5000;
	const struct conn *conn = state_fixture_apply(state, listed);
	assert_int_equal(conn->flow_count, 2);
	assert_int_equal(conn->flow.id, 101);
	assert_int_equal(conn->flow.tx_bytes, 5000);
	assert_int_equal(counters->connections, 8);
	/* The same record again, and the next event of the connection. */
	listed = node_flow("far", FLOW_OPEN, 101, 1, 10);
	state_fixture_apply(state, listed);
	assert_int_equal(
		state_fixture_apply(state, node_flow("far", FLOW_CLOSED, 101, 1, 20))->phase,
		CONN_CLOSED);
	assert_int_equal(counters->connections, 8);
	assert_int_equal(counters->open_now, 6);
	/* Ports that are used again, by a connection that begins and by one that had ended. */
	conn = state_fixture_apply(state, node_flow("far", FLOW_ESTABLISHED, 102, 2, 30));
	assert_int_equal(conn->flow_count, 1);
	conn = state_fixture_apply(state, node_flow("far", FLOW_OPEN, 104, 4, 30));
	assert_int_equal(conn->flow_count, 1);
	assert_int_equal(counters->connections, 10);
	conn = state_next_missed(state, "far", NULL);
	assert_non_null(conn);
	assert_int_equal(conn->flow.id, 2);
	conn = state_next_missed(state, "far", conn);
	assert_non_null(conn);
	assert_int_equal(conn->flow.id, 3);
	assert_null(state_next_missed(state, "far", conn));
	assert_null(state_next_missed(state, "near", NULL));
	state_end_resume(state, "far");
	assert_null(state_next_missed(state, "far", NULL));
	conn = state_fixture_apply(state, node_flow("far", FLOW_OPEN, 105, 3, 40));
	assert_int_equal(conn->flow_count, 1);
}

static void test_unseen_end(void **context)
{
	struct state *state = *context;
	struct record record = test_flow(FLOW_CLOSED, 1, 5);

	state_fixture_apply(state, test_flow(FLOW_ESTABLISHED, 1, 0));
	record.flow.end = FLOW_END_UNSEEN;
	const struct conn *conn = state_fixture_apply(state, record);
	assert_string_equal(conn_state_word(conn), "end not seen");
	assert_int_equal(conn->list, CONN_LIST_ENDED);
	conn = state_fixture_apply(state, test_flow(FLOW_OPEN, 1, 6));
	assert_string_equal(conn_state_word(conn), "established");
	assert_int_equal(conn->list, CONN_LIST_NONE);
	assert_int_equal(conn->flow.end, 0);
}

static struct record flow_of(enum flow_event_type event, uint64_t ms, enum flow_owner owner,
			     const char *comm)
{
	struct record record = test_flow(event, 9, ms);

	record.flow.direction = FLOW_INGRESS;
	record.flow.has |= FLOW_HAS_PID | FLOW_HAS_CGROUP;
	record.flow.pid = owner == FLOW_OWNER_LISTENER ? 100 : 200;
	record.flow.cgroup_id = record.flow.pid + 1;
	record.flow.owner = (uint8_t)owner;
	memset(record.flow.comm, 0, sizeof(record.flow.comm));
	memcpy(record.flow.comm, comm, strlen(comm));
	return record;
}

/* The process that uses a connection replaces the listening process as the owner, even if the flow
 * that names it arrives late. A listening process never replaces a process that uses the
 * connection. */
static void test_owner(void **context)
{
	static const uint8_t late[] = {FLOW_OPEN, FLOW_CLOSED};

	(void)context;
	for (size_t i = 0; i < sizeof(late); i++) {
		struct state *state = NULL;
		assert_int_equal(state_new(NULL, &state), 0);
		const struct conn *conn = state_fixture_apply(
			state, flow_of(FLOW_ACCEPTED, 0, FLOW_OWNER_LISTENER, "master"));
		assert_int_equal(conn->flow.owner, FLOW_OWNER_LISTENER);
		if (late[i] == FLOW_CLOSED)
			state_fixture_apply(state,
					    flow_of(FLOW_CLOSED, 2, FLOW_OWNER_LISTENER, "master"));
		conn = state_fixture_apply(state, flow_of(FLOW_OPEN, 1, FLOW_OWNER_SELF, "worker"));
		if (late[i] == FLOW_OPEN)
			conn = state_fixture_apply(
				state, flow_of(FLOW_CLOSED, 2, FLOW_OWNER_LISTENER, "master"));
		assert_int_equal(conn->flow.pid, 200);
		assert_int_equal(conn->flow.cgroup_id, 201);
		assert_string_equal(conn->flow.comm, "worker");
		assert_int_equal(conn->flow.owner, FLOW_OWNER_SELF);
		assert_string_equal(conn->subject->display, "worker");
		assert_int_equal(conn->phase, CONN_CLOSED);
		state_free(state);
	}
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_listing, state_fixture_setup,
						state_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_unseen_end, state_fixture_setup,
						state_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_resume, state_fixture_setup,
						state_fixture_teardown),
		cmocka_unit_test(test_owner),
	};
	return cmocka_run_group_tests_name("state: ends", tests, NULL, NULL);
}
