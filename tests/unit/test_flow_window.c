/* SPDX-License-Identifier: Apache-2.0 */
/* The window of --since and --until: places of times, and the connections that are open at its
 * start. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/clock.h"
#include "core/record/json/record_json.h"
#include "core/state/flow_window.h"

#define AT(second) ((1767323040ull + (second)) * NS_PER_SECOND) /* 2026-01-02T03:04:00Z */
#define SINCE      10

static struct flow_window *window_new(size_t max_connections)
{
	const struct state_window limits = {
		.since_ns = AT(SINCE), .until_ns = AT(20), .has_until = true};
	struct flow_window *window = NULL;

	assert_int_equal(flow_window_new(&limits, max_connections, &window), 0);
	return window;
}

/* Adds a flow of the connection `id`. `more` has further members, with ' for ". */
static bool add(struct flow_window *window, unsigned int second, const char *event, unsigned int id,
		const char *more)
{
	struct record record;
	struct record_json_error error;
	char line[512];

	int length = snprintf(line, sizeof(line),
			      "{'v':1,'kind':'flow','event':'%s','ts':'2026-01-02T03:04:%02u.500Z',"
			      "'id':'%016x','direction':'egress','protocol':'TCP','family':4,"
			      "'dst':'198.51.100.1','dport':443%s}",
			      event, second, id, more);
	for (char *at = line; *at; at++)
		*at = *at == '\'' ? '"' : *at;
	assert_int_equal(record_json_read(line, (size_t)length, &record, &error), 0);
	bool result = flow_window_add(window, &record.flow);
	record_free(&record);
	return result;
}

/* Expects the next open connection, and returns its record. The caller frees it. */
static struct record expect_open(struct flow_window *window, unsigned int id, uint8_t state)
{
	struct record record = {.kind = RECORD_NONE};

	assert_true(flow_window_next_open(window, &record));
	assert_int_equal(record.kind, RECORD_FLOW);
	assert_int_equal(record.flow.event, FLOW_OPEN);
	assert_int_equal(record.flow.id, id);
	assert_int_equal(record.flow.ts_ns, AT(SINCE));
	assert_int_equal(record.flow.state, state);
	return record;
}

static void expect_end(struct flow_window *window)
{
	struct record record;

	assert_false(flow_window_next_open(window, &record));
}

static void test_places(void **context)
{
	struct flow_window *window = window_new(0);

	(void)context;
	assert_int_equal(flow_window_place(window, NULL, AT(SINCE) - 1), FLOW_WINDOW_BEFORE);
	assert_int_equal(flow_window_place(window, NULL, AT(SINCE)), FLOW_WINDOW_INSIDE);
	assert_int_equal(flow_window_place(window, NULL, AT(20) - 1), FLOW_WINDOW_INSIDE);
	assert_int_equal(flow_window_place(window, NULL, AT(20)), FLOW_WINDOW_AFTER);
	flow_window_free(window);
}

/* Connections that ended before the window, and datagrams, are not returned. All other connections
 * are returned, with everything that is known about them. */
static void test_open(void **context)
{
	struct flow_window *window = window_new(0);

	(void)context;
	assert_false(add(window, 1, "attempt", 1, ",'pid':7,'comm':'curl','state':'SYN_SENT'"));
	assert_false(
		add(window, 2, "established", 1,
		    ",'latency_us':900,'pod':'cart','namespace':'shop','state':'ESTABLISHED'"));
	assert_false(add(window, 2, "attempt", 2, ""));
	assert_false(add(window, 3, "failed", 2, ",'error':'ECONNREFUSED'"));
	assert_false(add(window, 3, "accepted", 3, ""));
	assert_false(add(window, 4, "open", 1, ",'tx_bytes':50,'dns':'one.example'"));
	assert_false(add(window, 4, "lookup_failed", 1, ",'dns':'other.example'"));
	assert_false(add(window, 5, "closed", 3, ""));
	assert_false(add(window, 5, "datagram", 4, ""));
	/* The numbers of an interval that ended before the window do not belong to it. */
	assert_false(add(window, 6, "attempt", 5, ",'duration_ms':900,'interval_ms':500"));

	struct record record = expect_open(window, 1, FLOW_STATE_ESTABLISHED);
	assert_string_equal(record.flow.comm, "curl");
	assert_string_equal(record.flow.names->pod, "cart");
	assert_string_equal(record.flow.names->namespace_name, "shop");
	assert_string_equal(record.flow.names->dns, "one.example");
	assert_int_equal(record.flow.latency_us, 900);
	assert_int_equal(record.flow.tx_bytes, 50);
	assert_true(record.flow.has & FLOW_HAS_DURATION);
	assert_int_equal(record.flow.duration_ms, 7500);
	record_free(&record);
	record = expect_open(window, 5, FLOW_STATE_SYN_SENT);
	assert_false(record.flow.has & (FLOW_HAS_DURATION | FLOW_HAS_INTERVAL));
	record_free(&record);
	expect_end(window);
	assert_int_equal(flow_window_report_dropped(window), 0);
	flow_window_free(window);
}

/* Flows may come in any order, and after the connections were returned. */
static void test_disorder(void **context)
{
	struct flow_window *window = window_new(0);
	struct record record;

	(void)context;
	add(window, 5, "closed", 1, "");
	add(window, 3, "established", 1, "");
	add(window, 2, "attempt", 1, "");
	add(window, 3, "established", 2, "");
	record = expect_open(window, 2, FLOW_STATE_UNKNOWN);
	record_free(&record);
	expect_end(window);
	/* An end that comes late ends the returned connection. */
	assert_true(add(window, 9, "closed", 2, ""));
	/* A connection that comes late is returned alone. */
	assert_false(add(window, 8, "established", 3, ""));
	record = expect_open(window, 3, FLOW_STATE_UNKNOWN);
	record_free(&record);
	expect_end(window);
	flow_window_free(window);
}

/* A full table drops ended connections first. The others are counted. */
static void test_full(void **context)
{
	struct flow_window *window = window_new(2);
	struct record record;

	(void)context;
	add(window, 1, "established", 1, "");
	add(window, 1, "established", 2, "");
	add(window, 2, "closed", 2, "");
	add(window, 3, "established", 3, "");
	assert_int_equal(flow_window_report_dropped(window), 0);
	add(window, 4, "established", 4, "");
	assert_int_equal(flow_window_report_dropped(window), 1);
	assert_int_equal(flow_window_report_dropped(window), 0);
	record = expect_open(window, 3, FLOW_STATE_UNKNOWN);
	record_free(&record);
	record = expect_open(window, 4, FLOW_STATE_UNKNOWN);
	record_free(&record);
	expect_end(window);
	flow_window_free(window);
}

/* Steps of a clock do not change durations, and a restart of a node's polecat forgets only its own
 * connections. */
static void test_nodes(void **context)
{
	char node[] = "n1";
	struct clock_record step = {.node = node,
				    .ts_ns = AT(5),
				    .step_ns = 2 * NS_PER_SECOND,
				    .set = CLOCK_SET_FORWARD};
	struct flow_window *window = window_new(0);
	struct record record;

	(void)context;
	add(window, 1, "established", 1, ",'node':'n1'");
	add(window, 1, "established", 2, ",'node':'n2'");
	flow_window_set_clock(window, &step);
	add(window, 6, "open", 1, ",'node':'n1'");
	flow_window_forget_node(window, "n2");
	record = expect_open(window, 1, FLOW_STATE_UNKNOWN);
	assert_int_equal(record.flow.duration_ms, 6500);
	record_free(&record);
	expect_end(window);
	flow_window_free(window);
}

static void test_text(void **context)
{
	static const struct {
		struct state_window limits;
		const char *text;
	} cases[] = {
		{{.since_ns = 0, .until_ns = 0, .has_until = false}, ""},
		{{.since_ns = AT(0), .until_ns = 0, .has_until = false},
		 "from 2026-01-02T03:04:00Z"},
		{{.since_ns = 0, .until_ns = AT(0) + 50 * NS_PER_MILLISECOND, .has_until = true},
		 "until 2026-01-02T03:04:00.05Z"},
		{{.since_ns = 0, .until_ns = 0, .has_until = true}, "until 1970-01-01T00:00:00Z"},
		{{.since_ns = AT(0), .until_ns = AT(20) + 1, .has_until = true},
		 "from 2026-01-02T03:04:00Z until 2026-01-02T03:04:20.000000001Z"},
	};

	(void)context;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[FLOW_WINDOW_TEXT_SIZE];
		flow_window_format(&cases[i].limits, text);
		assert_string_equal(text, cases[i].text);
	}
}

/* An age is a duration, also if the clock of a node is set in between. */
static void test_ages_after_a_step(void **state)
{
	const struct state_window limits = {
		.since_ns = AT(10),
		.until_ns = AT(20),
		.has_until = true,
		.since_steady_ns = AT(110),
		.until_steady_ns = AT(120),
	};
	struct clock_record step = {.ts_ns = AT(5), .node = (char[]){"a"}, .set = CLOCK_SET_BACK};
	struct flow_window *window = NULL;

	(void)state;
	step.step_ns = 100 * NS_PER_SECOND;
	assert_int_equal(flow_window_new(&limits, 0, &window), 0);
	assert_int_equal(flow_window_place(window, "a", AT(105)), FLOW_WINDOW_BEFORE);
	assert_int_equal(flow_window_start(window, "a"), AT(110));
	flow_window_set_clock(window, &step);
	assert_int_equal(flow_window_place(window, "a", AT(10) - 1), FLOW_WINDOW_BEFORE);
	assert_int_equal(flow_window_place(window, "a", AT(10)), FLOW_WINDOW_INSIDE);
	assert_int_equal(flow_window_place(window, "a", AT(20)), FLOW_WINDOW_AFTER);
	assert_int_equal(flow_window_start(window, "a"), AT(10));
	assert_int_equal(flow_window_place(window, "b", AT(105)), FLOW_WINDOW_BEFORE);
	assert_int_equal(flow_window_place(window, NULL, AT(110)), FLOW_WINDOW_INSIDE);
	flow_window_free(window);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ages_after_a_step),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_disorder),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_nodes),
		cmocka_unit_test(test_text),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
