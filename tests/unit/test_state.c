/* SPDX-License-Identifier: Apache-2.0 */
/* State: how events fold into connections, edges and subjects, whose they are, and what happens at
 * the bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/state/state.h"
#include "tests/support/records.h"

static int setup(void **context)
{
	struct state *state = NULL;

	if (state_new(NULL, &state))
		return -1;
	*context = state;
	return 0;
}

static int teardown(void **context)
{
	state_free(*context);
	return 0;
}

/* A flow. */
static const struct conn *apply(struct state *state, struct record record)
{
	const struct conn *conn = state_apply(state, &record);

	record_free(&record);
	if (!conn)
		abort();
	return conn;
}

static const struct conn *event(struct state *state, enum flow_event_type type, uint64_t id,
				uint64_t ms)
{
	return apply(state, test_flow(type, id, ms));
}

/* --- the life of one connection, in any order --- */

/* What a row of events, one letter each, must lead to: Attempt, Established, aCcepted, closed (X),
 * Failed, Open. */
struct life {
	const char *events;
	enum conn_phase phase;
	unsigned ok, failed, open, hanging;
	unsigned attempts, established, closed;
};

static const struct life lives[] = {
	{"A", CONN_ATTEMPT, 0, 0, 0, 1, 1, 0, 0},
	{"AE", CONN_ESTABLISHED, 1, 0, 1, 0, 1, 1, 0},
	{"AEX", CONN_CLOSED, 1, 0, 0, 0, 1, 1, 1},
	{"AF", CONN_FAILED, 0, 1, 0, 0, 1, 0, 0},
	{"F", CONN_FAILED, 0, 1, 0, 0, 0, 0, 0},
	{"FA", CONN_FAILED, 0, 1, 0, 0, 1, 0, 0},
	{"C", CONN_ESTABLISHED, 1, 0, 1, 0, 0, 1, 0},
	{"CX", CONN_CLOSED, 1, 0, 0, 0, 0, 1, 1},
	{"X", CONN_CLOSED, 1, 0, 0, 0, 0, 0, 1},
	{"XE", CONN_CLOSED, 1, 0, 0, 0, 0, 1, 1},
	{"XEA", CONN_CLOSED, 1, 0, 0, 0, 1, 1, 1},
	{"EXA", CONN_CLOSED, 1, 0, 0, 0, 1, 1, 1},
	{"XO", CONN_CLOSED, 1, 0, 0, 0, 0, 0, 1},
	{"O", CONN_ESTABLISHED, 1, 0, 1, 0, 0, 0, 0},
	{"OOO", CONN_ESTABLISHED, 1, 0, 1, 0, 0, 0, 0},
	{"OOX", CONN_CLOSED, 1, 0, 0, 0, 0, 0, 1},
	{"AAEEXX", CONN_CLOSED, 1, 0, 0, 0, 1, 1, 1},
	{"AFF", CONN_FAILED, 0, 1, 0, 0, 1, 0, 0},
	/* Broken sources: success and failure exclude each other, the first known wins. */
	{"AEF", CONN_CLOSED, 1, 0, 0, 0, 1, 1, 1},
	{"AFE", CONN_FAILED, 0, 1, 0, 0, 1, 0, 0},
	{"AFX", CONN_FAILED, 0, 1, 0, 0, 1, 0, 0},
	{"AFO", CONN_FAILED, 0, 1, 0, 0, 1, 0, 0},
	{"D", CONN_DATAGRAM, 1, 0, 0, 0, 0, 0, 0},
	{"ADD", CONN_DATAGRAM, 1, 0, 0, 0, 1, 0, 0},
};

static enum flow_event_type event_of(char letter)
{
	switch (letter) {
	case 'A':
		return FLOW_ATTEMPT;
	case 'E':
		return FLOW_ESTABLISHED;
	case 'C':
		return FLOW_ACCEPTED;
	case 'X':
		return FLOW_CLOSED;
	case 'F':
		return FLOW_FAILED;
	case 'O':
		return FLOW_OPEN;
	default:
		return FLOW_DATAGRAM;
	}
}

static void test_lives(void **context)
{
	(void)context;
	for (size_t i = 0; i < sizeof(lives) / sizeof(lives[0]); i++) {
		const struct life *life = &lives[i];
		struct state *state = NULL;

		assert_int_equal(state_new(NULL, &state), 0);
		const struct conn *conn = event(state, event_of(life->events[0]), 7, 0);
		for (size_t j = 1; life->events[j]; j++)
			conn = event(state, event_of(life->events[j]), 7, j);
		assert_int_equal(conn->phase, life->phase);
		assert_int_equal(conn->edge->conn_count, 1);
		assert_int_equal(conn->edge->ok_count, life->ok);
		assert_int_equal(conn->edge->failed_count, life->failed);
		assert_int_equal(conn->edge->open_count, life->open);
		assert_int_equal(conn->edge->hanging_count, life->hanging);
		assert_int_equal(conn->edge->flow_count, strlen(life->events));
		assert_int_equal(conn->subject->conn_count, 1);
		assert_int_equal(conn->subject->failed_count, life->failed);
		assert_int_equal(conn->subject->open_count, life->open);
		assert_int_equal(conn->subject->hanging_count, life->hanging);
		const struct state_counters *counters = state_counters(state);
		assert_int_equal(counters->flows, strlen(life->events));
		assert_int_equal(counters->connections, 1);
		assert_int_equal(counters->attempts, life->attempts);
		assert_int_equal(counters->established, life->established);
		assert_int_equal(counters->failed, life->failed);
		assert_int_equal(counters->closed, life->closed);
		assert_int_equal(counters->open_now, life->open);
		assert_int_equal(counters->hanging_now, life->hanging);
		assert_int_equal(state_conn_count(state), 1);
		state_free(state);
	}
}

/* --- fields --- */

static void test_known_fields_stay(void **context)
{
	struct state *state = *context;
	struct record record = test_flow(FLOW_ATTEMPT, 1, 0);

	record.flow.has |= FLOW_HAS_PID | FLOW_HAS_UID | FLOW_HAS_CGROUP;
	record.flow.pid = 42;
	record.flow.uid = 0;
	record.flow.cgroup_id = 99;
	record.flow.state = FLOW_STATE_SYN_SENT;
	apply(state, record);

	record = test_flow(FLOW_ESTABLISHED, 1, 3);
	record.flow.has |= FLOW_HAS_SPORT | FLOW_HAS_LATENCY;
	record.flow.sport = 50000;
	record.flow.latency_us = 3000;
	record.flow.comm[0] = '\0';
	record.flow.state = FLOW_STATE_ESTABLISHED;
	const struct conn *conn = apply(state, record);
	assert_int_equal(conn->flow.pid, 42);
	assert_true(conn->flow.has & FLOW_HAS_UID);
	assert_int_equal(conn->flow.cgroup_id, 99);
	assert_string_equal(conn->flow.comm, "curl");
	assert_int_equal(conn->flow.sport, 50000);
	assert_int_equal(conn->flow.state, FLOW_STATE_ESTABLISHED);
	assert_int_equal(conn->flow.event, FLOW_ESTABLISHED);
	assert_int_equal(conn->edge->latency_sum_us, 3000);
	assert_int_equal(conn->edge->latency_count, 1);
	assert_int_equal(conn->first_ns, TEST_EPOCH_NS);
	assert_int_equal(conn->last_ns, TEST_EPOCH_NS + 3000000);
	assert_int_equal(conn->established_ns, TEST_EPOCH_NS + 3000000);
	assert_null(conn->flow.names);

	/* An attempt that comes late changes nothing but what was not known. */
	record = test_flow(FLOW_ATTEMPT, 1, 1);
	record.flow.state = FLOW_STATE_SYN_SENT;
	record.flow.has |= FLOW_HAS_NETNS | FLOW_HAS_PID;
	record.flow.netns = 4026531840u;
	record.flow.pid = 1;
	conn = apply(state, record);
	assert_int_equal(conn->flow.state, FLOW_STATE_ESTABLISHED);
	assert_int_equal(conn->flow.event, FLOW_ESTABLISHED);
	assert_int_equal(conn->flow.netns, 4026531840u);
	assert_int_equal(conn->flow.pid, 42);
}

static struct record sample(enum flow_event_type type, uint64_t id, uint64_t ms, uint64_t tx,
			    uint64_t rx)
{
	struct record record = test_flow(type, id, ms);

	record.flow.has |= FLOW_HAS_TX | FLOW_HAS_RX;
	record.flow.tx_bytes = tx;
	record.flow.rx_bytes = rx;
	return record;
}

static void test_samples_replace(void **context)
{
	struct state *state = *context;

	apply(state, sample(FLOW_OPEN, 1, 0, 100, 10));
	apply(state, sample(FLOW_OPEN, 2, 1, 1000, 7));
	apply(state, sample(FLOW_OPEN, 1, 2, 250, 40));
	apply(state, sample(FLOW_CLOSED, 1, 5, 300, 50));
	/* A sample taken before the end and told after it. */
	const struct conn *conn = apply(state, sample(FLOW_OPEN, 1, 4, 260, 45));
	assert_int_equal(conn->flow.tx_bytes, 300);
	assert_int_equal(conn->edge->tx_bytes, 1300);
	assert_int_equal(conn->edge->rx_bytes, 57);
	assert_int_equal(conn->edge->conn_count, 2);
	assert_int_equal(conn->edge->flow_count, 5);
}

static void test_datagrams_add(void **context)
{
	struct state *state = *context;
	struct record record = sample(FLOW_DATAGRAM, 1, 0, 30, 0);

	record.flow.protocol = FLOW_UDP;
	apply(state, record);
	record.flow.has |= FLOW_HAS_COUNT;
	record.flow.count = 9;
	const struct conn *conn = apply(state, record);
	assert_int_equal(conn->flow.count, 10);
	assert_true(conn->flow.has & FLOW_HAS_COUNT);
	assert_int_equal(conn->edge->tx_bytes, 60);
	assert_int_equal(conn->edge->conn_count, 1);
	assert_int_equal(conn->edge->ok_count, 1);
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lives),
		cmocka_unit_test_setup_teardown(test_known_fields_stay, setup, teardown),
		cmocka_unit_test_setup_teardown(test_samples_replace, setup, teardown),
		cmocka_unit_test_setup_teardown(test_datagrams_add, setup, teardown),
	};
	return cmocka_run_group_tests_name("state", tests, NULL, NULL);
}
