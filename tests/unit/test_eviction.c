/* SPDX-License-Identifier: Apache-2.0 */
/* A flood of connections of one subject leaves the connections of others in the table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/state/state.h"
#include "tests/support/records.h"
#include "tests/support/state_fixture.h"

#define ROOM  1000
#define QUIET 20

static struct state *small_state(void)
{
	struct state *state = NULL;

	assert_int_equal(state_new(&(struct state_options){.max_connections = ROOM}, &state), 0);
	return state;
}

static void fold(struct state *state, const char *comm, uint64_t id, enum flow_event_type event)
{
	struct record record = test_flow(event, id, id);

	snprintf(record.flow.comm, sizeof(record.flow.comm), "%s", comm);
	state_fixture_apply(state, record);
}

/* Returns the number of connections of a program in the table. */
static size_t held(const struct state *state, const char *comm)
{
	size_t count = 0;

	for (const struct conn *conn = state_oldest(state); conn; conn = conn->newer)
		count += strcmp(conn->flow.comm, comm) == 0;
	return count;
}

/* The quiet program makes QUIET connections, evenly between `count` connections of the flood. */
static void flood(struct state *state, size_t count, enum flow_event_type event)
{
	static const char *const floods[] = {"flood", "flood too"};

	for (size_t i = 1; i <= count; i++) {
		if (i % (count / QUIET) == 0)
			fold(state, "quiet", 1000000 + i, event);
		fold(state, floods[0], i, event);
		if (event == FLOW_FAILED && i % 2)
			fold(state, floods[1], 2000000 + i, event);
	}
}

/* Checks that the counts of the subjects agree with the table. */
static void assert_counts(const struct state *state)
{
	size_t sum = 0;

	for (size_t i = 0; i < state_subject_count(state); i++) {
		const struct subject *subject = state_subject(state, i);
		assert_int_equal(subject->held_count, held(state, subject->comm));
		sum += subject->held_count;
	}
	assert_int_equal(sum, state_conn_count(state));
	assert_int_equal(sum, ROOM);
}

/* Two floods, as of a client and its server on one machine. */
static void test_ended(void **context)
{
	struct state *state = small_state();

	(void)context;
	flood(state, 20 * ROOM, FLOW_FAILED);
	assert_int_equal(held(state, "quiet"), QUIET);
	assert_counts(state);
	state_free(state);
}

static void test_open(void **context)
{
	struct state *state = small_state();

	(void)context;
	/* The oldest connections are those of the quiet program, and they stay, too. */
	for (uint64_t i = 0; i < 10; i++)
		fold(state, "quiet", 3000000 + i, FLOW_ESTABLISHED);
	flood(state, 5 * ROOM, FLOW_ESTABLISHED);
	assert_true(held(state, "quiet") >= QUIET);
	assert_counts(state);
	state_free(state);
}

/* Without a flood, the connections that ended first leave first. */
static void test_without_flood(void **context)
{
	struct state *state = small_state();
	char comm[16];

	(void)context;
	for (uint64_t i = 1; i <= 3 * ROOM; i++) {
		snprintf(comm, sizeof(comm), "program %u", (unsigned int)(i % 10));
		fold(state, comm, i, FLOW_FAILED);
	}
	assert_int_equal(state_oldest(state)->flow.id, 2 * ROOM + 1);
	assert_counts(state);
	state_free(state);
}

/* After a flood, others get the table. */
static void test_after_the_flood(void **context)
{
	struct state *state = small_state();

	(void)context;
	flood(state, 2 * ROOM, FLOW_CLOSED);
	for (uint64_t i = 1; i <= ROOM; i++)
		fold(state, "other", 4000000 + i, FLOW_CLOSED);
	assert_true(held(state, "other") > ROOM * 9 / 10);
	assert_counts(state);
	state_free(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ended),
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_without_flood),
		cmocka_unit_test(test_after_the_flood),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("eviction", tests, NULL, NULL);
}
