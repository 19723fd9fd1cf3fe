/* SPDX-License-Identifier: Apache-2.0 */
/* Folding events into connections, edges and subjects, and the bounds of the state. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/state/state.h"
#include "tests/support/records.h"
#include "tests/support/state_fixture.h"

/* Applies a flow. */
static const struct conn *apply(struct state *state, struct record record)
{
	const struct conn *conn = state_fixture_apply(state, record);

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

/* The expected result of a sequence of events. Each event is one letter: Attempt, Established,
 * aCcepted, closed (X), Failed, Open, Datagram, closed with an Unseen end. */
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
	/* A broken source reports both success and failure. The first known result stays. */
	{"AEF", CONN_CLOSED, 1, 0, 0, 0, 1, 1, 1},
	{"AFE", CONN_FAILED, 0, 1, 0, 0, 1, 0, 0},
	{"AFX", CONN_FAILED, 0, 1, 0, 0, 1, 0, 0},
	{"AFO", CONN_FAILED, 0, 1, 0, 0, 1, 0, 0},
	{"D", CONN_DATAGRAM, 1, 0, 0, 0, 0, 0, 0},
	/* If the end of an attempt was not seen, its success is unknown. A later event may show its
	 * true end, or that the connection is open. */
	{"AU", CONN_CLOSED, 0, 0, 0, 0, 1, 0, 0},
	{"AEU", CONN_CLOSED, 1, 0, 0, 0, 1, 1, 0},
	{"AEUO", CONN_ESTABLISHED, 1, 0, 1, 0, 1, 1, 0},
	{"AEUX", CONN_CLOSED, 1, 0, 0, 0, 1, 1, 1},
	{"AUE", CONN_ESTABLISHED, 1, 0, 1, 0, 1, 1, 0},
	{"AUF", CONN_FAILED, 0, 1, 0, 0, 1, 0, 0},
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
	case 'U':
		return FLOW_CLOSED;
	case 'F':
		return FLOW_FAILED;
	case 'O':
		return FLOW_OPEN;
	default:
		return FLOW_DATAGRAM;
	}
}

static const struct conn *apply_letter(struct state *state, char letter, uint64_t ms)
{
	struct record record = test_flow(event_of(letter), 7, ms);

	if (letter == 'U')
		record.flow.end = FLOW_END_UNSEEN;
	return apply(state, record);
}

static void test_lives(void **context)
{
	(void)context;
	for (size_t i = 0; i < sizeof(lives) / sizeof(lives[0]); i++) {
		const struct life *life = &lives[i];
		struct state *state = NULL;

		assert_int_equal(state_new(NULL, &state), 0);
		const struct conn *conn = apply_letter(state, life->events[0], 0);
		for (size_t j = 1; life->events[j]; j++)
			conn = apply_letter(state, life->events[j], j);
		assert_int_equal(state_counters(state)->hanging_now, 0);
		state_advance(state, TEST_EPOCH_NS + CONN_ANSWER_NS);
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

	/* An attempt that arrives late fills in only unknown fields. */
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

/* A record of an earlier step may arrive after that of a later one. It fills in what is unknown,
 * and replaces nothing. */
static void test_late_records(void **context)
{
	/* In the order of a connection's life. Those of one rank replace each other. */
	static const struct {
		enum flow_event_type event;
		int rank;
	} steps[] = {
		{FLOW_ATTEMPT, 1},  {FLOW_ESTABLISHED, 2}, {FLOW_ACCEPTED, 2}, {FLOW_OPEN, 3},
		{FLOW_DATAGRAM, 3}, {FLOW_FAILED, 4},      {FLOW_CLOSED, 4},
	};
	const size_t count = sizeof(steps) / sizeof(steps[0]);

	(void)context;
	for (size_t pair = 0; pair < count * count; pair++) {
		const size_t first = pair / count;
		const size_t second = pair % count;
		const bool late = steps[second].rank < steps[first].rank;
		struct state *state = NULL;
		struct record record = test_flow(steps[first].event, 1, 10);

		assert_int_equal(state_new(NULL, &state), 0);
		record.flow.state = FLOW_STATE_ESTABLISHED;
		record.flow.end = FLOW_END_RESET;
		record.flow.subflows = 3;
		record.flow.error = ECONNRESET;
		assert_non_null(apply(state, record));
		record = test_flow(steps[second].event, 1, 11);
		record.flow.state = FLOW_STATE_CLOSE_WAIT;
		record.flow.end = FLOW_END_FIN;
		record.flow.subflows = 2;
		record.flow.error = ETIMEDOUT;
		const struct conn *conn = apply(state, record);
		assert_non_null(conn);
		if (conn->flow.state != (late ? FLOW_STATE_ESTABLISHED : FLOW_STATE_CLOSE_WAIT) ||
		    conn->flow.end != (late ? FLOW_END_RESET : FLOW_END_FIN) ||
		    conn->flow.subflows != (late ? 3 : 2) ||
		    conn->flow.error != (late ? ECONNRESET : ETIMEDOUT))
			fail_msg("event %d after %d: state %d, end %d, subflows %d, error %d",
				 (int)steps[second].event, (int)steps[first].event,
				 (int)conn->flow.state, (int)conn->flow.end,
				 (int)conn->flow.subflows, conn->flow.error);
		/* A record without the values takes nothing away. */
		conn = apply(state, test_flow(steps[second].event, 1, 12));
		assert_int_equal(conn->flow.subflows, late ? 3 : 2);
		assert_int_equal(conn->flow.end, late ? FLOW_END_RESET : FLOW_END_FIN);
		state_free(state);
	}
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
	/* A sample that was taken before the end arrives after the end. */
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
	/* The totals of the close event replace the sums. A datagram event that arrives later adds
	 * nothing. */
	record.flow.event = FLOW_CLOSED;
	record.flow.count = 12;
	record.flow.tx_bytes = 70;
	apply(state, record);
	record.flow.event = FLOW_DATAGRAM;
	conn = apply(state, record);
	assert_int_equal(conn->flow.count, 12);
	assert_int_equal(conn->edge->tx_bytes, 70);
	assert_int_equal(conn->edge->conn_count, 1);
	assert_int_equal(conn->phase, CONN_CLOSED);
}

static uint64_t rate_at(const struct conn *conn, uint64_t ms)
{
	return conn_rate(conn, conn->counted_ns + ms * NS_PER_MILLISECOND);
}

static struct record counted(uint64_t ms, uint64_t tx, uint64_t rx, uint32_t interval_ms)
{
	struct record record = sample(FLOW_OPEN, 1, ms, tx, rx);

	record.flow.has |= FLOW_HAS_INTERVAL;
	record.flow.interval_ms = interval_ms;
	return record;
}

/* Each report has the interval in which the bytes were counted. The source sends no report if the
 * counters did not change, so a report may come long after the previous one. */
static void test_rates(void **context)
{
	struct state *state = *context;
	const struct conn *conn = event(state, FLOW_ESTABLISHED, 1, 1000);

	assert_int_equal(rate_at(conn, 0), 0);
	apply(state, counted(1010, 600, 400, 1000));
	assert_int_equal(rate_at(conn, 0), 1000);
	apply(state, counted(2260, 1850, 400, 1250));
	assert_int_equal(rate_at(conn, 0), 1000);
	apply(state, counted(60260, 1850, 5400, 1000));
	assert_int_equal(rate_at(conn, 2400), 5000);
	assert_int_equal(rate_at(conn, 2600), 0);
	apply(state, counted(61260, 1850, 5400, 1000));
	assert_int_equal(rate_at(conn, 0), 0);
	/* A busy machine reads the counters late. */
	apply(state, counted(64260, 7850, 5400, 3000));
	assert_int_equal(rate_at(conn, 0), 2000);
	apply(state, sample(FLOW_CLOSED, 1, 62500, 900000, 0));
	assert_int_equal(rate_at(conn, 0), 0);
}

static void test_rates_of_a_broken_source(void **context)
{
	struct state *state = *context;
	const struct conn *conn = event(state, FLOW_ESTABLISHED, 1, 1000);

	apply(state, counted(2000, 5000, 0, 1000));
	apply(state, counted(1500, 1, 1, 1000)); /* older */
	assert_int_equal(rate_at(conn, 0), 5000);
	apply(state, counted(3000, 1, 1, 1000)); /* fewer bytes */
	assert_int_equal(rate_at(conn, 0), 0);
	apply(state, counted(4000, 1000, 0, 0)); /* no interval */
	assert_int_equal(rate_at(conn, 0), 998);
}

/* Without an interval, only reports that follow each other closely give a rate. */
static void test_rates_without_an_interval(void **context)
{
	struct state *state = *context;
	const struct conn *conn = apply(state, sample(FLOW_OPEN, 1, 1000, 1000000, 0));

	assert_int_equal(rate_at(conn, 0), 0);
	apply(state, sample(FLOW_OPEN, 1, 2000, 1000070, 0));
	assert_int_equal(rate_at(conn, 0), 70);
	apply(state, sample(FLOW_OPEN, 1, 12000, 1000170, 0));
	assert_int_equal(rate_at(conn, 0), 0);
}

/* The first report of a connection that existed before the start may have bytes of any age, so it
 * gives no rate, even if an event without counters precedes it. */
static void test_rates_begin_with_the_second_report(void **context)
{
	struct state *state = *context;
	const struct conn *conn = event(state, FLOW_DROPPED, 1, 1000);

	apply(state, counted(1500, 1000000, 0, 1000));
	assert_int_equal(rate_at(conn, 0), 0);
	apply(state, counted(2500, 1000070, 0, 1000));
	assert_int_equal(rate_at(conn, 0), 70);
}

/* Datagram events have the bytes since the previous event. */
static void test_rates_of_datagrams(void **context)
{
	const struct conn *conn = apply(*context, sample(FLOW_DATAGRAM, 1, 1000, 100, 0));

	apply(*context, sample(FLOW_DATAGRAM, 1, 2000, 30, 20));
	assert_int_equal(rate_at(conn, 0), 50);
}

/* A flow of DNS queries counts as a success only if the server answered one of them. */
static void test_unanswered_queries(void **context)
{
	struct state *state = *context;
	struct record record = sample(FLOW_DATAGRAM, 1, 0, 30, 0);

	record.flow.protocol = FLOW_UDP;
	assert_int_equal(apply(state, record)->edge->ok_count, 1);
	record.flow.event = FLOW_UNANSWERED;
	record.flow.has &= ~(uint32_t)(FLOW_HAS_TX | FLOW_HAS_RX);
	assert_int_equal(apply(state, record)->edge->ok_count, 0);
	record = sample(FLOW_CLOSED, 1, 9000, 30, 0);
	record.flow.protocol = FLOW_UDP;
	const struct conn *conn = apply(state, record);
	assert_int_equal(conn->edge->ok_count, 0);
	assert_int_equal(conn->edge->failed_count, 0);
	assert_int_equal(conn->edge->conn_count, 1);
	record = sample(FLOW_CLOSED, 1, 9000, 30, 50);
	record.flow.protocol = FLOW_UDP;
	assert_int_equal(apply(state, record)->edge->ok_count, 1);
}

/* --- flows without an id --- */

static struct record flow_without_id(enum flow_event_type type, uint64_t ms, uint16_t sport)
{
	struct record record = test_flow(type, 0, ms);

	record.flow.has &= ~(uint32_t)FLOW_HAS_ID;
	if (sport) {
		record.flow.has |= FLOW_HAS_SPORT;
		record.flow.sport = sport;
	}
	return record;
}

static void test_no_id(void **context)
{
	struct state *state = *context;

	apply(state, flow_without_id(FLOW_ESTABLISHED, 0, 50000));
	const struct conn *conn = apply(state, flow_without_id(FLOW_CLOSED, 1, 50000));
	uint64_t sequence = conn->sequence;
	assert_int_equal(conn->phase, CONN_CLOSED);
	assert_false(conn->flow.has & FLOW_HAS_ID);
	apply(state, flow_without_id(FLOW_CLOSED, 1, 50001));
	assert_int_equal(state_conn_count(state), 2);

	/* Another connection reuses the port. The old connection does not change. */
	conn = apply(state, flow_without_id(FLOW_ATTEMPT, 9, 50000));
	assert_int_not_equal(conn->sequence, sequence);
	assert_int_equal(conn->phase, CONN_ATTEMPT);
	assert_int_equal(state_find(state, sequence)->phase, CONN_CLOSED);
	assert_int_equal(state_conn_count(state), 3);

	/* Without the opener's port, each flow is a connection of its own, but datagrams with the
	 * same addresses are one connection. */
	apply(state, flow_without_id(FLOW_CLOSED, 10, 0));
	apply(state, flow_without_id(FLOW_CLOSED, 10, 0));
	assert_int_equal(state_conn_count(state), 5);
	apply(state, flow_without_id(FLOW_DATAGRAM, 11, 0));
	assert_int_equal(apply(state, flow_without_id(FLOW_DATAGRAM, 12, 0))->flow.count, 2);
	assert_int_equal(state_conn_count(state), 6);
	/* 0 is a valid id. */
	apply(state, test_flow(FLOW_CLOSED, 0, 13));
	assert_int_equal(state_conn_count(state), 7);
}

/* --- bounds --- */

static struct state *small_state(size_t connections, size_t subjects, size_t edges)
{
	struct state_options options = {
		.max_connections = connections, .max_subjects = subjects, .max_edges = edges};
	struct state *state = NULL;

	if (state_new(&options, &state))
		abort();
	return state;
}

static bool is_there(const struct state *state, uint64_t id)
{
	for (const struct conn *conn = state_oldest(state); conn; conn = conn->newer) {
		if (conn->flow.id == id)
			return true;
	}
	return false;
}

static void test_ended_leave_first(void **context)
{
	struct state *state = small_state(4, 0, 0);

	(void)context;
	for (uint64_t id = 1; id <= 4; id++)
		event(state, FLOW_ESTABLISHED, id, id);
	event(state, FLOW_CLOSED, 3, 5);
	event(state, FLOW_CLOSED, 2, 6);
	event(state, FLOW_CLOSED, 3, 7); /* a repeated close: 3 still ended before 2 */
	event(state, FLOW_ATTEMPT, 5, 8);
	assert_false(is_there(state, 3));
	event(state, FLOW_ATTEMPT, 6, 9);
	assert_false(is_there(state, 2));
	/* No connection in the table has ended. The oldest is evicted, and the gauges do not count
	 * it any more. */
	assert_int_equal(state_counters(state)->open_now, 2);
	const struct edge *edge = event(state, FLOW_ATTEMPT, 7, 10)->edge;
	assert_false(is_there(state, 1));
	assert_int_equal(state_counters(state)->open_now, 1);
	state_advance(state, TEST_EPOCH_NS + 60 * NS_PER_SECOND);
	assert_int_equal(state_counters(state)->hanging_now, 3);
	assert_int_equal(state_counters(state)->evicted, 3);
	assert_int_equal(state_conn_count(state), 4);
	assert_int_equal(edge->open_count, 1);
	assert_int_equal(edge->subject->open_count, 1);
	assert_int_equal(edge->conn_count, 7);
	assert_int_equal(edge->ok_count, 4);
	state_free(state);
}

static void test_evicted_connection_continues(void **context)
{
	struct state *state = small_state(2, 0, 0);

	(void)context;
	apply(state, sample(FLOW_OPEN, 1, 0, 100, 10));
	event(state, FLOW_ATTEMPT, 2, 1);
	event(state, FLOW_ATTEMPT, 3, 2);
	assert_false(is_there(state, 1));
	const struct conn *conn = apply(state, sample(FLOW_CLOSED, 1, 3, 150, 20));
	assert_int_equal(conn->first_ns, TEST_EPOCH_NS);
	assert_true(conn->found);
	assert_int_equal(conn->flow_count, 2);
	assert_int_equal(conn->edge->conn_count, 3);
	assert_int_equal(conn->edge->ok_count, 1);
	assert_int_equal(conn->edge->tx_bytes, 150);
	assert_int_equal(conn->edge->open_count, 0);
	assert_int_equal(conn->edge->hanging_count, 0);
	state_advance(state, TEST_EPOCH_NS + 60 * NS_PER_SECOND);
	assert_int_equal(conn->edge->hanging_count, 1);
	assert_int_equal(state_counters(state)->connections, 3);
	assert_int_equal(state_counters(state)->closed, 1);
	state_free(state);
}

/* Applies a flow of a pod. Another `id` gives another connection and destination address. */
static const struct conn *pod_flow(struct state *state, const char *namespace_name, const char *pod,
				   uint64_t id)
{
	struct record record = test_flow(FLOW_ESTABLISHED, id, id);
	char address[32];

	test_flow_names(&record, NULL, namespace_name, pod, NULL);
	snprintf(address, sizeof(address), "198.%u.%u.%u", 18 + (unsigned int)(id >> 16),
		 (unsigned int)(id >> 8) & 255, (unsigned int)id & 255);
	test_flow_dst(&record, address);
	return apply(state, record);
}

static void test_programs_full(void **context)
{
	struct state *state = small_state(0, 64, 0); /* 8 programs */
	const struct subject *others;

	(void)context;
	/*
	 * A process in one cgroup changes its name 19 times. Each name is a program, but the cgroup
	 * gets only 2 of the 8 programs (quota.h). The overflow subject stands for the others.
	 */
	for (uint64_t id = 0; id < 20; id++) {
		struct record record = test_flow(FLOW_ATTEMPT, id, id);
		snprintf(record.flow.comm, sizeof(record.flow.comm), "name%u", (unsigned int)id);
		record.flow.cgroup_id = 7;
		record.flow.has |= FLOW_HAS_CGROUP;
		apply(state, record);
	}
	assert_int_equal(state_subject_count(state), 3);
	others = state_subject(state, 2);
	assert_true(others->is_overflow);
	assert_int_equal(others->kind, SUBJECT_PROCESS);
	assert_non_null(strstr(others->display, "others"));
	assert_int_equal(others->conn_count, 18);
	assert_int_equal(others->hanging_count, 0);
	state_advance(state, TEST_EPOCH_NS + 60 * NS_PER_SECOND);
	assert_int_equal(others->hanging_count, 18);
	assert_int_equal(others->edge_count, 0);
	assert_int_equal(state_counters(state)->unkept, 18);
	assert_ptr_equal(state_newest(state)->subject, others);
	assert_true(state_newest(state)->edge->is_overflow);
	/* A program of another cgroup, and a pod, still get their own subjects. */
	struct record record = test_flow(FLOW_ATTEMPT, 100, 100);
	record.flow.cgroup_id = 8;
	record.flow.has |= FLOW_HAS_CGROUP;
	strcpy(record.flow.comm, "honest");
	assert_string_equal(apply(state, record)->subject->display, "honest");
	assert_string_equal(pod_flow(state, "shop", "cart", 101)->subject->display, "shop/cart");
	assert_int_equal(state_counters(state)->unkept, 18);
	state_free(state);
}

static void test_namespace_full(void **context)
{
	struct state *state = small_state(0, 8, 0);
	char name[16];

	(void)context;
	for (uint64_t id = 0; id < 100; id++) {
		snprintf(name, sizeof(name), "pod%u", (unsigned int)id);
		pod_flow(state, "evil", name, id);
	}
	/* One namespace gets at most half of the free subjects, and an overflow subject for its
	 * other pods. */
	assert_int_equal(state_subject_count(state), 5);
	const struct subject *others = state_subject(state, 4);
	assert_true(others->is_overflow);
	assert_string_equal(others->display, "evil/(others: table full)");
	assert_int_equal(others->kind, SUBJECT_POD);
	assert_null(others->pod);
	assert_int_equal(others->conn_count, 96);
	assert_int_equal(others->overflow->ok_count, 96);
	assert_string_equal(pod_flow(state, "shop", "late", 200)->subject->display, "shop/late");
	assert_false(state_newest(state)->edge->is_overflow);
	state_free(state);
}

static void test_edges_full(void **context)
{
	const struct state_options options = {.max_subject_edges = 3};
	struct state *state = NULL;

	(void)context;
	assert_int_equal(state_new(&options, &state), 0);
	const struct subject *subject = pod_flow(state, "a", "greedy", 1)->subject;
	for (uint64_t id = 2; id <= 10; id++)
		assert_ptr_equal(pod_flow(state, "a", "greedy", id)->subject, subject);
	const struct conn *conn = state_newest(state);
	assert_int_equal(subject->conn_count, 10);
	assert_int_equal(subject->edge_count, 3);
	assert_ptr_equal(conn->edge, subject->overflow);
	assert_true(conn->edge->is_overflow);
	assert_ptr_equal(conn->edge->subject, subject);
	assert_int_equal(conn->edge->conn_count, 7);
	assert_int_equal(conn->edge->open_count, 7);
	struct record record = test_flow(FLOW_CLOSED, 10, 20);
	conn = apply(state, record);
	assert_int_equal(conn->edge->open_count, 6);
	assert_int_equal(subject->open_count, 9);
	assert_int_equal(state_counters(state)->unkept, 8);
	/* Another subject does not use this overflow edge. */
	pod_flow(state, "a", "quiet", 50);
	assert_null(state_newest(state)->subject->overflow);
	state_free(state);
}

static void test_edge_pool_is_shared(void **context)
{
	struct state *state = small_state(0, 0, 100);
	const struct subject *greedy = NULL;
	const struct subject *late = NULL;

	(void)context;
	for (uint64_t id = 1; id <= 1000; id++)
		greedy = pod_flow(state, "evil", "greedy", id)->subject;
	assert_int_equal(greedy->edge_count, 32 + 50);
	assert_int_equal(greedy->overflow->conn_count, 1000 - 82);
	/* Another pod of the same namespace gets its guaranteed edges, but no more edges of the
	 * shared pool. */
	for (uint64_t id = 2001; id <= 2040; id++)
		late = pod_flow(state, "evil", "second", id)->subject;
	assert_int_equal(late->edge_count, 32);
	assert_int_equal(late->overflow->conn_count, 8);
	/* The pool still has edges for another namespace. */
	for (uint64_t id = 3001; id <= 3050; id++)
		late = pod_flow(state, "shop", "late", id)->subject;
	assert_int_equal(late->edge_count, 50);
	assert_null(late->overflow);
	state_free(state);
}

/* --- lists, losses and texts --- */

static void test_lists(void **context)
{
	struct state *state = *context;
	uint64_t sequence = 0;

	assert_null(state_newest(state));
	assert_null(state_oldest(state));
	for (uint64_t id = 1; id <= 5000; id++)
		assert_int_equal(event(state, FLOW_ATTEMPT, id * 977, id)->sequence, id);
	for (const struct conn *conn = state_oldest(state); conn; conn = conn->newer) {
		assert_int_equal(conn->sequence, ++sequence);
		assert_ptr_equal(state_find(state, sequence), conn);
	}
	assert_int_equal(sequence, 5000);
	for (const struct conn *conn = state_newest(state); conn; conn = conn->older)
		assert_int_equal(conn->sequence, sequence--);
	assert_int_equal(sequence, 0);
	assert_null(state_find(state, 0));
	assert_null(state_find(state, 5001));
	assert_null(state_subject(state, state_subject_count(state)));
}

static void test_lost_and_hello(void **context)
{
	struct state *state = *context;
	struct record lost = {.kind = RECORD_LOST, .lost = {.count = 3, .where = LOST_KERNEL}};
	struct record broken = {.kind = RECORD_LOST, .lost = {.count = 3, .where = 77}};

	assert_null(state_apply(state, &lost));
	assert_null(state_apply(state, &lost));
	assert_null(state_apply(state, &broken));
	assert_int_equal(state_counters(state)->lost[LOST_KERNEL], 6);
	assert_null(state_hello(state));
	assert_null(state_node(state, NULL));
	for (int i = 0; i < 2; i++) {
		struct record hello = {.kind = RECORD_HELLO,
				       .hello = calloc(1, sizeof(struct hello_record))};
		assert_non_null(hello.hello);
		hello.hello->node = test_copy(i ? "node2" : "node1");
		assert_null(state_apply(state, &hello));
		assert_int_equal(hello.kind, RECORD_NONE);
	}
	assert_string_equal(state_hello(state)->node, "node2");
	assert_string_equal(state_node(state, NULL), "node2");
	assert_string_equal(state_node(state, event(state, FLOW_ATTEMPT, 1, 0)->subject), "node2");
}

static void hello(struct state *state, const char *hook)
{
	struct record hello;

	assert_int_equal(record_new_body(RECORD_HELLO, &hello), 0);
	assert_int_equal(string_list_add(&hello.hello->hooks, "tp_btf/inet_sock_set_state"), 0);
	if (hook)
		assert_int_equal(string_list_add(&hello.hello->hooks, hook), 0);
	assert_null(state_apply(state, &hello));
}

/* UDP is watched if the hello record of each source lists the UDP hook. */
static void test_watched_protocols(void **context)
{
	struct state *state = *context;

	assert_true(state_watched(state, FLOW_TCP));
	assert_false(state_watched(state, FLOW_UDP));
	hello(state, "cgroup_skb/egress");
	assert_true(state_watched(state, FLOW_UDP));
	assert_false(state_watched(state, FLOW_SCTP));
	hello(state, NULL);
	assert_false(state_watched(state, FLOW_UDP));
}

/* The hook of SCTP works alike. */
static void test_watches_sctp(void **context)
{
	struct state *state = *context;

	assert_false(state_watched(state, FLOW_SCTP));
	hello(state, RECORD_HOOK_SCTP);
	assert_true(state_watched(state, FLOW_SCTP));
	hello(state, "cgroup_skb/egress");
	assert_false(state_watched(state, FLOW_SCTP));
}

static void test_edge_texts(void **context)
{
	struct state *state = *context;
	struct record record = test_flow(FLOW_FAILED, 1, 0);

	test_flow_names(&record, NULL, NULL, NULL, NULL);
	record.flow.names->dns = "example.com";
	record.flow.names->peer_namespace = "shop";
	record.flow.names->peer_name = "db";
	record.flow.peer_kind = FLOW_PEER_SERVICE;
	record.flow.error = 111;
	const struct edge *edge = apply(state, record)->edge;
	event(state, FLOW_ATTEMPT, 2, 1);
	assert_string_equal(edge->dns, "example.com");
	assert_string_equal(edge->peer_namespace, "shop");
	assert_string_equal(edge->peer_name, "db");
	assert_int_equal(edge->peer_kind, FLOW_PEER_SERVICE);
	assert_int_equal(edge->last_error, 111);
	assert_int_equal(edge->last_ns, TEST_EPOCH_NS + 1000000);
	/* A socket found at the start that still waits for an answer has not succeeded. */
	record = test_flow(FLOW_OPEN, 3, 2);
	record.flow.state = FLOW_STATE_SYN_SENT;
	assert_int_equal(apply(state, record)->phase, CONN_ATTEMPT);
	assert_int_equal(edge->ok_count, 0);
	/* A connection that closes with an error and without any bytes has failed. */
	record = test_flow(FLOW_CLOSED, 3, 3);
	record.flow.error = 110;
	assert_int_equal(apply(state, record)->phase, CONN_FAILED);
	assert_int_equal(edge->failed_count, 2);
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lives),
		cmocka_unit_test(test_late_records),
		cmocka_unit_test_setup_teardown(test_known_fields_stay, state_fixture_setup,
						state_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_samples_replace, state_fixture_setup,
						state_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_unanswered_queries, state_fixture_setup,
						state_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_datagrams_add, state_fixture_setup,
						state_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_rates, state_fixture_setup,
						state_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_rates_of_a_broken_source, state_fixture_setup,
						state_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_rates_without_an_interval, state_fixture_setup,
						state_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_rates_begin_with_the_second_report,
						state_fixture_setup, state_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_rates_of_datagrams, state_fixture_setup,
						state_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_no_id, state_fixture_setup,
						state_fixture_teardown),
		cmocka_unit_test(test_ended_leave_first),
		cmocka_unit_test(test_evicted_connection_continues),
		cmocka_unit_test(test_programs_full),
		cmocka_unit_test(test_namespace_full),
		cmocka_unit_test(test_edges_full),
		cmocka_unit_test(test_edge_pool_is_shared),
		cmocka_unit_test_setup_teardown(test_lists, state_fixture_setup,
						state_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_lost_and_hello, state_fixture_setup,
						state_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_watched_protocols, state_fixture_setup,
						state_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_watches_sctp, state_fixture_setup,
						state_fixture_teardown),
		cmocka_unit_test_setup_teardown(test_edge_texts, state_fixture_setup,
						state_fixture_teardown),
	};
	return cmocka_run_group_tests_name("state", tests, NULL, NULL);
}
