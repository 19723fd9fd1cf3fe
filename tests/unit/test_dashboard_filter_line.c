/* SPDX-License-Identifier: Apache-2.0 */
/* The filter line of the dashboard: earlier filters, and completion from the held connections. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/records.h"
#include "tui/dashboard/filter_completion.h"
#include "tui/dashboard/screen/input_history.h"

static void add(struct state *state, uint64_t id, const char *pod, const char *comm, uint16_t port)
{
	struct record record = test_flow(FLOW_ATTEMPT, id, 0);

	test_flow_names(&record, "n1", "shop", pod, NULL);
	record.flow.dport = port;
	snprintf(record.flow.comm, sizeof(record.flow.comm), "%s", comm);
	assert_non_null(state_apply(state, &record));
	record_free(&record);
}

static struct state *held(void)
{
	struct state *state = NULL;

	assert_int_equal(state_new(NULL, &state), 0);
	add(state, 1, "cart-1", "curl", 443);
	add(state, 2, "cart-2", "Web Content", 443);
	add(state, 3, "front", "cur\"l", 80);
	add(state, 4, "cart-1", "curl", 443);
	return state;
}

/* Each N in `steps` is a Tab, each P a Shift-Tab. */
static void test_completion(void **data)
{
	static const struct {
		const char *before; /* the cursor */
		const char *after;
		const char *steps;
		const char *text;
	} cases[] = {
		{"cont", "", "N", "container:"},
		{"CONT", "", "N", "container:"},
		{"x cont", " y", "N", "x container: y"},
		{"!(cont", "", "N", "!(container:"},
		{"po", "", "N", "pod:"},
		{"po", "", "NN", "port:"},
		{"po", "", "NNN", "pod:"},
		{"po", "", "P", "port:"},
		{"cm", "", "N", "cm"}, /* cmd: is refused */
		{"ne", "", "NN", "new:no"},
		{"zz", "", "N", "zz"},
		{"pod:", "", "N", "pod:cart-1"},
		{"pod:", "", "NN", "pod:cart-2"},
		{"pod:f", "", "N", "pod:front"},
		{"pod:cart-1,F", "", "N", "pod:cart-1,front"},
		{"pod=", "", "N", "pod=cart-1"},
		{"a pod:f", " b", "N", "a pod:front b"},
		{"comm:web", "", "N", "comm:\"Web Content\""},
		/* A name that is not plain is left out. */
		{"comm:cur", "", "NN", "comm:curl"},
		{"port:4", "", "N", "port:443"},
		{"ns:", "", "N", "ns:shop"},
		{"node:", "", "N", "node:n1"},
		{"dir:", "", "N", "dir:egress"},
		{"proto:s", "", "N", "proto:sctp"},
		{"state:", "", "N", "state:connecting"},
		{"foo:", "", "N", "foo:"},
		{"@w", "", "N", "@web"},
		{"x !@", " y", "N", "x !@slow y"},
		{"@x", "", "N", "@x"},
		/* The only key, then its value. */
		{"nod", "", "NN", "node:n1"},
	};
	struct state *state = held();
	struct filter_names names = {0};
	const struct filter_completion_source source = {state, &names, 0};

	(void)data;
	assert_int_equal(filter_names_set(&names, "web", "port:80"), 0);
	assert_int_equal(filter_names_set(&names, "slow", "lat:>1s"), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct completion completion = {0};
		struct input_line line;
		char text[INPUT_LINE_SIZE];
		snprintf(text, sizeof(text), "%s%s", cases[i].before, cases[i].after);
		input_line_set(&line, text);
		line.cursor = strlen(cases[i].before);
		for (const char *step = cases[i].steps; *step; step++)
			completion_step(&completion, &line,
					*step == 'N' ? COMPLETION_NEXT : COMPLETION_PREVIOUS,
					filter_completion_find, &source);
		completion_clear(&completion);
		if (strcmp(line.text, cases[i].text) != 0)
			fail_msg("'%s' %s: '%s'", text, cases[i].steps, line.text);
		assert_int_equal(line.cursor, strlen(cases[i].text) - strlen(cases[i].after));
	}
	filter_names_clear(&names);
	state_free(state);
}

/* The value of each key comes from its own member of the flow. */
static void test_values(void **data)
{
	static const struct {
		const char *key;
		const char *text;
	} cases[] = {
		{"ns:", "ns:shop"},
		{"pod:", "pod:front"},
		{"container:", "container:web"},
		{"node:", "node:n1"},
		{"comm:", "comm:nginx"},
		{"pid:", "pid:4242"},
		{"uid:", "uid:33"},
		{"src:", "src:192.0.2.7"},
		{"dst:", "dst:203.0.113.9"},
		{"addr:", "addr:203.0.113.9"},
		{"peer:", "peer:api.example"},
		{"port:", "port:8443"},
		{"dport:", "dport:8443"},
		{"dns:", "dns:api.example"},
		{"state:r", "state:refused"},
		{"err:ECONNR", "err:ECONNREFUSED"},
		{"end:t", "end:timeout"},
		/* Keys without values in the held connections. */
		{"label:", "label:"},
		{"sport:", "sport:"},
		{"tx:", "tx:"},
		{"drop:", "drop:"},
	};
	struct record record = test_flow(FLOW_FAILED, 1, 0);
	struct flow *flow = &record.flow;
	struct state *state = NULL;
	const struct flow_names names = {
		.node = "n1",
		.namespace_name = "shop",
		.pod = "front",
		.container = "web",
		.dns = "api.example",
	};

	(void)data;
	assert_int_equal(state_new(NULL, &state), 0);
	assert_int_equal(flow_names_copy(&names, &flow->names), 0);
	test_flow_src(&record, "192.0.2.7");
	test_flow_dst(&record, "203.0.113.9");
	flow->dport = 8443;
	flow->pid = 4242;
	flow->uid = 33;
	flow->error = ECONNREFUSED;
	flow->end = FLOW_END_TIMEOUT;
	flow->has |= FLOW_HAS_PID | FLOW_HAS_UID;
	snprintf(flow->comm, sizeof(flow->comm), "nginx");
	assert_non_null(state_apply(state, &record));
	record_free(&record);
	const struct filter_completion_source source = {state, NULL, 0};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct completion completion = {0};
		struct input_line line;
		input_line_set(&line, cases[i].key);
		completion_step(&completion, &line, COMPLETION_NEXT, filter_completion_find,
				&source);
		completion_clear(&completion);
		if (strcmp(line.text, cases[i].text) != 0)
			fail_msg("%s: '%s'", cases[i].text, line.text);
	}
	state_free(state);
}

static void test_full_line(void **data)
{
	struct completion completion = {0};
	struct state *state = held();
	struct input_line line;
	char text[INPUT_LINE_SIZE];

	(void)data;
	memset(text, ' ', sizeof(text));
	memcpy(text + sizeof(text) - 5, "cont", 5);
	input_line_set(&line, text);
	const struct filter_completion_source source = {state, NULL, 0};
	assert_false(completion_step(&completion, &line, COMPLETION_NEXT, filter_completion_find,
				     &source));
	assert_string_equal(line.text, text);
	completion_clear(&completion);
	state_free(state);
}

static void test_history(void **data)
{
	static struct input_history history;
	struct input_line line;

	(void)data;
	input_line_set(&line, "mine");
	assert_false(input_history_older(&history, &line));
	assert_false(input_history_newer(&history, &line));
	input_history_add(&history, "a");
	input_history_add(&history, "");
	input_history_add(&history, "b");
	input_history_add(&history, "a");
	assert_true(input_history_older(&history, &line));
	assert_string_equal(line.text, "a");
	assert_true(input_history_older(&history, &line));
	assert_string_equal(line.text, "b");
	assert_false(input_history_older(&history, &line));
	assert_true(input_history_newer(&history, &line));
	assert_true(input_history_newer(&history, &line));
	assert_string_equal(line.text, "mine");
	assert_false(input_history_newer(&history, &line));
	/* The newest text is in the line already. */
	input_line_set(&line, "a");
	assert_true(input_history_older(&history, &line));
	assert_string_equal(line.text, "b");
	for (int i = 0; i < 2 * INPUT_HISTORY_MAX; i++) {
		char text[16];
		snprintf(text, sizeof(text), "%d", i);
		input_history_add(&history, text);
	}
	assert_int_equal(history.count, INPUT_HISTORY_MAX);
	assert_string_equal(history.texts[INPUT_HISTORY_MAX - 1], "63");
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_completion),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_full_line),
		cmocka_unit_test(test_history),
	};
	return cmocka_run_group_tests_name("dashboard_filter_line", tests, NULL, NULL);
}
