/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/state/conn_words.h"
#include "core/state/edge_filter.h"
#include "tests/support/records.h"

static void test_failures(void **data)
{
	static const struct {
		int error;
		const char *word;
		const char *term;
	} cases[] = {
		{0, "aborted", "failed aborted"},
		{ECONNREFUSED, "refused", "failed refused"},
		{ETIMEDOUT, "timed out", "timeout"},
		{EHOSTUNREACH, "no route", "unreachable"},
		{EHOSTDOWN, "no route", "failed no route"},
		{ENETUNREACH, "unreachable", "failed unreachable"},
		{ENETDOWN, "unreachable", "failed unreachable"},
		{ECONNRESET, "reset", "failed reset"},
		{EACCES, "denied", "failed denied"},
		{EPERM, "denied", "failed denied"},
		{EADDRNOTAVAIL, "no port", "failed no port"},
		{ECONNABORTED, "aborted", "failed aborted"},
		{ECANCELED, "aborted", "failed aborted"},
		{EINTR, "aborted", "failed aborted"},
		{EINVAL, "failed", "failed"},
		{9999, "failed", "failed"},
	};

	(void)data;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *terms = conn_state_terms(CONN_FAILED, FLOW_FAILED, cases[i].error);
		assert_string_equal(conn_failure_word(cases[i].error), cases[i].word);
		if (!strstr(terms, cases[i].term) || !strstr(terms, cases[i].word))
			fail_msg("error %d: '%s'", cases[i].error, terms);
	}
}

static void test_states(void **data)
{
	static const struct {
		enum flow_event_type event;
		const char *event_word;
		const char *state_word;
		const char *terms;
	} cases[] = {
		{FLOW_ATTEMPT, "attempt", "connecting", "attempt connecting"},
		{FLOW_ESTABLISHED, "established", "established", "established"},
		{FLOW_ACCEPTED, "accepted", "established", "accepted established"},
		{FLOW_OPEN, "open", "established", "open established"},
		{FLOW_CLOSED, "closed", "closed", "closed"},
		{FLOW_DATAGRAM, "datagram", "datagram", "datagram"},
	};
	struct state *state = NULL;

	(void)data;
	assert_int_equal(state_new(NULL, &state), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct record record = test_flow(cases[i].event, i + 1, i);
		record.flow.state = FLOW_STATE_ESTABLISHED;
		const struct conn *conn = state_apply(state, &record);
		assert_string_equal(conn_event_word(conn), cases[i].event_word);
		assert_string_equal(conn_state_word(conn), cases[i].state_word);
		assert_string_equal(conn_terms(conn), cases[i].terms);
		record_free(&record);
	}
	state_free(state);
}

static void check_words(struct state *state, struct record *record, const char *word,
			const char *term)
{
	const struct conn *conn = state_apply(state, record);

	assert_string_equal(conn_state_word(conn), word);
	if (!strstr(conn_terms(conn), term))
		fail_msg("%s: '%s'", word, conn_terms(conn));
	record_free(record);
}

/* Half-closed connections, each kind of end, and dropped packets have words of their own. */
static void test_conditions(void **data)
{
	static const struct {
		uint8_t event;
		uint8_t state;
		uint8_t end;
		const char *word;
		const char *term;
	} cases[] = {
		{FLOW_OPEN, FLOW_STATE_CLOSE_WAIT, 0, "close-wait", "half-closed"},
		{FLOW_OPEN, FLOW_STATE_FIN_WAIT2, 0, "half-closed", "established"},
		{FLOW_OPEN, FLOW_STATE_LAST_ACK, 0, "closing", "closing"},
		{FLOW_CLOSED, FLOW_STATE_CLOSE, FLOW_END_FIN, "closed", "fin"},
		{FLOW_CLOSED, FLOW_STATE_CLOSE, FLOW_END_RESET, "reset", "closed reset"},
		{FLOW_CLOSED, FLOW_STATE_CLOSE, FLOW_END_RESET_BY_PEER, "peer reset", "closed"},
		{FLOW_CLOSED, FLOW_STATE_CLOSE, FLOW_END_TIMEOUT, "timed out", "timeout"},
		{FLOW_CLOSED, FLOW_STATE_CLOSE, FLOW_END_KILLED, "killed", "closed"},
	};
	struct state *state = NULL;

	(void)data;
	assert_int_equal(state_new(NULL, &state), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct record record = test_flow(cases[i].event, i + 1, i);
		record.flow.state = cases[i].state;
		record.flow.end = cases[i].end;
		check_words(state, &record, cases[i].word, cases[i].term);
	}
	struct record record = test_flow(FLOW_ATTEMPT, 100, 1);
	check_words(state, &record, "connecting", "attempt connecting");
	record = test_flow(FLOW_DROPPED, 100, 2);
	record.flow.state = FLOW_STATE_SYN_SENT;
	record.flow.drops = 1;
	record.flow.has |= FLOW_HAS_DROPS;
	check_words(state, &record, "dropped", "hanging dropped");
	/* A report with fewer drops is older, even if it arrives later. It changes nothing. */
	record = test_flow(FLOW_DROPPED, 100, 3);
	record.flow.state = FLOW_STATE_SYN_SENT;
	record.flow.has |= FLOW_HAS_DROPS;
	const struct conn *conn = state_apply(state, &record);
	assert_int_equal(conn->flow.drops, 1);
	assert_int_equal(conn->flow.event, FLOW_ATTEMPT);
	record = test_flow(FLOW_ESTABLISHED, 100, 4);
	check_words(state, &record, "established", "established");
	state_free(state);
}

/* An attempt hangs after a retransmission, a dropped packet, or a second without an answer, by the
 * clock or by its own flows. The words, the terms, the gauges and the filters agree. */
static void test_hanging(void **data)
{
	static const struct {
		uint64_t later_ms; /* time of a second flow; 0: none */
		uint64_t now_ms;
		unsigned int retrans;
		bool hangs;
	} cases[] = {
		{0, 999, 0, false}, {0, 1000, 0, true},   {500, 999, 0, false}, {500, 999, 1, true},
		{1000, 0, 0, true}, {999, 999, 0, false}, {999, 1000, 0, true},
	};

	(void)data;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct state *state = NULL;
		struct record record = test_flow(FLOW_ATTEMPT, 1, 0);

		assert_int_equal(state_new(NULL, &state), 0);
		const struct conn *conn = state_apply(state, &record);
		record = test_flow(FLOW_OPEN, 1, cases[i].later_ms);
		record.flow.state = FLOW_STATE_SYN_SENT;
		record.flow.has |= FLOW_HAS_RETRANS;
		record.flow.retrans = cases[i].retrans;
		if (cases[i].later_ms)
			conn = state_apply(state, &record);
		state_advance(state, TEST_EPOCH_NS + cases[i].now_ms * NS_PER_MILLISECOND);
		assert_int_equal(conn_hangs(conn), cases[i].hangs);
		assert_string_equal(conn_state_word(conn),
				    cases[i].hangs ? "hanging" : "connecting");
		assert_string_equal(conn_terms(conn),
				    cases[i].hangs ? "attempt hanging" : "attempt connecting");
		assert_int_equal(conn->edge->hanging_count, cases[i].hangs);
		assert_int_equal(conn->subject->hanging_count, cases[i].hangs);
		assert_int_equal(state_counters(state)->hanging_now, cases[i].hangs);
		record = test_flow(FLOW_ESTABLISHED, 1, 2000);
		state_apply(state, &record);
		assert_int_equal(state_counters(state)->hanging_now, 0);
		state_free(state);
	}
}

/* A node whose clock is an hour ahead does not keep the attempts of another node from hanging. */
static void test_hanging_of_nodes(void **data)
{
	struct state *state = NULL;

	(void)data;
	assert_int_equal(state_new(NULL, &state), 0);
	struct record ahead = test_flow(FLOW_ATTEMPT, 1, 3600000);
	test_flow_names(&ahead, "ahead", NULL, NULL, NULL);
	struct record exact = test_flow(FLOW_ATTEMPT, 1, 0);
	test_flow_names(&exact, "exact", NULL, NULL, NULL);
	const struct conn *early = state_apply(state, &ahead);
	const struct conn *late = state_apply(state, &exact);
	state_advance(state, TEST_EPOCH_NS + 2 * NS_PER_SECOND);
	assert_true(conn_hangs(late));
	assert_false(conn_hangs(early));
	record_free(&ahead);
	record_free(&exact);
	state_free(state);
}

/* An attempt with a time in the future does not keep later ones of the same node from hanging. */
static void test_hanging_after_a_wrong_time(void **data)
{
	struct state *state = NULL;

	(void)data;
	assert_int_equal(state_new(NULL, &state), 0);
	struct record future = test_flow(FLOW_ATTEMPT, 1, 3600000);
	struct record exact = test_flow(FLOW_ATTEMPT, 2, 0);
	future.flow.dport = 80;
	const struct conn *wrong = state_apply(state, &future);
	const struct conn *right = state_apply(state, &exact);
	state_advance(state, TEST_EPOCH_NS + 2 * NS_PER_SECOND);
	assert_false(conn_hangs(wrong));
	assert_true(conn_hangs(right));
	assert_int_equal(state_counters(state)->hanging_now, 1);
	state_free(state);
}

/* A filter for a failure selects the same flows in a draft and in the dashboard's table. */
static void test_edges(void **data)
{
	struct state *state = NULL;
	struct filter *refused = NULL;
	struct filter *hanging = NULL;

	(void)data;
	assert_int_equal(state_new(NULL, &state), 0);
	assert_int_equal(filter_new(&refused), 0);
	assert_int_equal(filter_parse(refused, "state:refused", NULL), 0);
	assert_int_equal(filter_new(&hanging), 0);
	assert_int_equal(filter_parse(hanging, "state:hanging", NULL), 0);
	struct record record = test_flow(FLOW_ATTEMPT, 1, 0);
	const struct conn *conn = state_apply(state, &record);
	assert_false(edge_filter_match(state, hanging, conn->edge));
	state_advance(state, TEST_EPOCH_NS + CONN_ANSWER_NS);
	assert_true(edge_filter_match(state, hanging, conn->edge));
	record = test_flow(FLOW_FAILED, 1, 1);
	record.flow.error = ECONNREFUSED;
	conn = state_apply(state, &record);
	assert_true(edge_filter_match(state, refused, conn->edge));
	assert_false(edge_filter_match(state, hanging, conn->edge));
	filter_free(refused);
	filter_free(hanging);
	state_free(state);
}

/* A flow belongs to a name service only if a standard reserves its port, or its address and port,
 * for that service. DNS over HTTPS cannot be told from other uses of port 443. */
static void test_name_services(void **data)
{
	static const struct {
		const char *dst;
		uint16_t port;
		uint8_t protocol;
		const char *begin; /* NULL: none */
	} cases[] = {
		{"224.0.0.251", 5353, FLOW_UDP, "mDNS"},
		{"ff02::fb", 5353, FLOW_UDP, "mDNS"},
		{"198.51.100.1", 5353, FLOW_UDP, NULL},
		{"224.0.0.251", 5354, FLOW_UDP, NULL},
		{"198.51.100.1", 853, FLOW_TCP, "the port of DNS over TLS"},
		{"198.51.100.1", 853, FLOW_UDP, NULL},
		{"198.51.100.1", 443, FLOW_TCP, NULL},
	};

	(void)data;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct record record = test_flow(FLOW_ATTEMPT, 1, 0);
		struct conn conn = {0};
		test_flow_dst(&record, cases[i].dst);
		conn.flow = record.flow;
		conn.flow.dport = cases[i].port;
		conn.flow.protocol = cases[i].protocol;
		const char *service = conn_name_service(&conn);
		if (!cases[i].begin)
			assert_null(service);
		else
			assert_ptr_equal(strstr(service, cases[i].begin), service);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_conditions),
		cmocka_unit_test(test_name_services),
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_hanging),
		cmocka_unit_test(test_hanging_of_nodes),
		cmocka_unit_test(test_hanging_after_a_wrong_time),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
