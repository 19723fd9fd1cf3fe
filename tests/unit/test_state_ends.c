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
	conn = state_next_open(state, "elsewhere", NULL);
	assert_non_null(conn);
	assert_int_equal(conn->flow.id, 5);
	assert_null(state_next_open(state, "elsewhere", conn));
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
		cmocka_unit_test(test_owner),
	};
	return cmocka_run_group_tests_name("state: ends", tests, NULL, NULL);
}
