/* SPDX-License-Identifier: Apache-2.0 */
/* Filters from options and from text: the connections that pass, and the position of an error. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <errno.h>

#include <cmocka.h>

#include "core/filter/filter.h"
#include "tests/support/records.h"

/* The connection that most cases use. */
struct sample {
	struct record record;
	struct labels labels;
	struct filter_input input;
};

static void sample_init(struct sample *sample)
{
	*sample = (struct sample){.record = test_flow(FLOW_FAILED, 1, 0)};
	struct flow *flow = &sample->record.flow;

	test_flow_dst(&sample->record, "203.0.113.9");
	flow->has |= FLOW_HAS_PID | FLOW_HAS_UID | FLOW_HAS_SPORT;
	flow->pid = 4321;
	flow->uid = 0;
	flow->sport = 50123;
	flow->dport = 8443;
	flow->error = ECONNREFUSED;
	assert_int_equal(labels_set(&sample->labels, "app", "cart"), 0);
	sample->input = (struct filter_input){
		.flow = flow,
		.node = "node1",
		.namespace_name = "shop",
		.pod = "cart-786-6k6jp",
		.container = "Web",
		.container_id = "3f2a9c0d1e2f",
		.labels = &sample->labels,
		.peer = "web/Front",
		.dns = "example.com",
		.state = "refused",
	};
}

static void sample_clear(struct sample *sample)
{
	labels_clear(&sample->labels);
}

static bool passes_option(enum filter_option option, const char *value,
			  const struct filter_input *input)
{
	struct filter *filter = NULL;
	struct filter_error error = {0};

	assert_int_equal(filter_new(&filter), 0);
	if (filter_add(filter, option, value, &error))
		fail_msg("option %d '%s': column %zu: %s", (int)option, value, error.column,
			 error.message);
	assert_false(filter_is_empty(filter));
	bool passes = filter_match(filter, input);
	filter_free(filter);
	return passes;
}

static void test_options(void **context)
{
	static const struct {
		enum filter_option option;
		const char *value;
		bool passes;
	} cases[] = {
		{FILTER_NAMESPACE, "shop", true},
		{FILTER_NAMESPACE, "sho", false},
		{FILTER_NAMESPACE, "Shop", false},
		{FILTER_NAMESPACE, "web,shop", true},
		{FILTER_NAMESPACE, "web,db", false},
		{FILTER_POD, "cart-786-6k6jp", true},
		{FILTER_POD, "cart", false},
		{FILTER_POD, "shop/cart-786-6k6jp", true},
		{FILTER_POD, "web/cart-786-6k6jp", false},
		{FILTER_POD, "sho/cart-786-6k6jp", false},
		{FILTER_SELECTOR, "app=cart", true},
		{FILTER_SELECTOR, "app!=cart", false},
		{FILTER_SELECTOR, "tier!=x", true},
		{FILTER_CONTAINER, "Web", true},
		{FILTER_CONTAINER, "web", false},
		{FILTER_CONTAINER, "3f2a9c", true},
		{FILTER_CONTAINER, "3f2a9", false},
		{FILTER_CONTAINER, "3f2a9d", false},
		{FILTER_NODE, "node1", true},
		{FILTER_NODE, "node", false},
		{FILTER_COMM, "curl", true},
		{FILTER_COMM, "cur", false},
		{FILTER_COMM, "curl2", false},
		{FILTER_PID, "4321", true},
		{FILTER_PID, "4322", false},
		{FILTER_PORT, "8443", true},
		{FILTER_PORT, "8000-8999", true},
		{FILTER_PORT, "50123", false},
		{FILTER_DIRECTION, "egress", true},
		{FILTER_DIRECTION, "ingress", false},
		{FILTER_PROTOCOL, "TCP", true},
		{FILTER_PROTOCOL, "udp", false},
		{FILTER_FAILED, NULL, true},
		{FILTER_IN_WORKLOAD, NULL, true},
	};
	struct sample sample;

	(void)context;
	sample_init(&sample);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (passes_option(cases[i].option, cases[i].value, &sample.input) !=
		    cases[i].passes)
			fail_msg("option %d '%s'", (int)cases[i].option, cases[i].value);
	}
	sample_clear(&sample);
}

/* An unknown value does not pass a term that needs the value. */
static void test_unknown(void **context)
{
	struct record record = test_flow(FLOW_ESTABLISHED, 1, 0);
	struct filter_input input = {.flow = &record.flow};

	(void)context;
	record.flow.has = 0;
	record.flow.comm[0] = '\0';
	assert_false(passes_option(FILTER_NAMESPACE, "shop", &input));
	assert_false(passes_option(FILTER_POD, "x", &input));
	assert_false(passes_option(FILTER_SELECTOR, "app!=cart", &input));
	assert_false(passes_option(FILTER_CONTAINER, "abcdef", &input));
	assert_false(passes_option(FILTER_NODE, "node1", &input));
	assert_false(passes_option(FILTER_COMM, "curl", &input));
	assert_false(passes_option(FILTER_PID, "0", &input));
	assert_false(passes_option(FILTER_PORT, "443", &input));
	assert_false(passes_option(FILTER_FAILED, NULL, &input));
	assert_false(passes_option(FILTER_IN_WORKLOAD, NULL, &input));
	input.container_id = "abc";
	assert_true(passes_option(FILTER_IN_WORKLOAD, NULL, &input));
	/* The kernel has cut this name to 15 bytes. */
	strcpy(record.flow.comm, "containerd-shim");
	assert_true(passes_option(FILTER_COMM, "containerd-shim-runc-v2", &input));
}

static void test_text(void **context)
{
	static const struct {
		const char *text;
		bool passes;
	} cases[] = {
		{"", true},
		{"  ", true},
		{"cart", true},
		{"CART", true},
		{"cart shop", true},
		{"cart db", false},
		{"!db", true},
		{"!cart", false},
		{"front", true},
		{"203.0.113", true},
		{"192.0.2.1", true},
		{"8443", true},
		{"844", true},
		{"4321", true},
		{"econnref", true},
		{"refused", true},
		{"egress", true},
		{"ns:shop", true},
		{"NS:SHOP", true},
		{"ns:ho", true},
		{"ns:cart", false},
		{"namespace:shop", true},
		{"node:node1", true},
		{"pod:6k6", true},
		{"pod:shop", false},
		{"container:web", true},
		{"container:3f2a", true},
		{"comm:curl", true},
		{"comm:url", true},
		{"peer:front", true},
		{"peer:203.0", true},
		{"peer:example", true},
		{"peer:192.0.2.1", false},
		{"addr:192.0.2.1", true},
		{"addr:203", true},
		{"dns:example.com", true},
		{"dns:cart", false},
		{"state:refused", true},
		{"error:ECONNREFUSED", true},
		{"error:etimedout", false},
		{"dir:egress", true},
		{"dir:ingress", false},
		{"proto:tcp", true},
		{"proto:udp", false},
		{"pid:4321", true},
		{"pid:432", false},
		{"uid:0", true},
		{"port:8443", true},
		{"port:8000-8999", true},
		{"!port:8000-8999", false},
		{"port:1-8442", false},
		{"sport:50123", true},
		{"sport:8443", false},
		{"dport:8443", true},
		{"\"cart-786\"", true},
		{"\"t-786-6\" shop", true},
		{"\"cart shop\"", false},
		{"pod:\"6k6\"", true},
		{"!\"cart shop\"", true},
		{"2001:db8::1", false},
		{"fe80::1", false},
		{"dead:beef", false},
		{"\"x:y\"", false},
		{"!ns:web !pod:x", true},
	};
	struct sample sample;

	(void)context;
	sample_init(&sample);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct filter *filter = NULL;
		struct filter_error error = {0};
		assert_int_equal(filter_new(&filter), 0);
		if (filter_parse(filter, cases[i].text, &error))
			fail_msg("'%s': column %zu: %s", cases[i].text, error.column,
				 error.message);
		if (filter_match(filter, &sample.input) != cases[i].passes)
			fail_msg("'%s'", cases[i].text);
		filter_free(filter);
	}
	sample_clear(&sample);
}

static void test_refused_text(void **context)
{
	static const struct {
		const char *text;
		size_t column;
		const char *message;
	} cases[] = {
		{"prot:tcp", 1, "no such field"},
		{"cart  !foo:x", 8, "no such field"},
		{"pod:", 5, "value was expected"},
		{"x !", 4, "word was expected"},
		{"\"\"", 1, "word was expected"},
		{"a \"bc", 3, "quote is not closed"},
		{"pod:\"bc", 5, "quote is not closed"},
		{"port:", 6, "value was expected"},
		{"port:http", 6, "a port"},
		{"x port:80x", 10, "a port"},
		{"port:65536", 6, "a port"},
		{"port:80-", 9, "a port"},
		{"port:90-80", 9, "ends before"},
		{"pid:-1", 5, "a number"},
		{"pid:99999999999999999999", 5, "a number"},
	};
	struct filter *filter = NULL;

	(void)context;
	assert_int_equal(filter_new(&filter), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct filter_error error = {0};
		int status = filter_parse(filter, cases[i].text, &error);
		if (status != -EINVAL || error.column != cases[i].column ||
		    !strstr(error.message, cases[i].message))
			fail_msg("'%s': %d, column %zu: %s", cases[i].text, status, error.column,
				 error.message);
		/* The terms before the error are not added either. */
		assert_true(filter_is_empty(filter));
		assert_int_equal(filter_parse(filter, cases[i].text, NULL), -EINVAL);
	}
	filter_free(filter);
}

static void test_refused_options(void **context)
{
	static const struct {
		enum filter_option option;
		const char *value;
		size_t column;
	} cases[] = {
		{FILTER_NAMESPACE, "", 1},   {FILTER_NAMESPACE, "a,,b", 3},
		{FILTER_POD, "a,", 3},       {FILTER_SELECTOR, "a b", 3},
		{FILTER_COMM, "", 1},        {FILTER_PID, "curl", 1},
		{FILTER_PORT, "0x50", 2},    {FILTER_PORT, "1-70000", 3},
		{FILTER_DIRECTION, "in", 1}, {FILTER_PROTOCOL, "icmp", 1},
	};
	struct filter *filter = NULL;

	(void)context;
	assert_int_equal(filter_new(&filter), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct filter_error error = {0};
		int status = filter_add(filter, cases[i].option, cases[i].value, &error);
		if (status != -EINVAL || error.column != cases[i].column || !error.message[0])
			fail_msg("option %d '%s': %d, column %zu: %s", (int)cases[i].option,
				 cases[i].value, status, error.column, error.message);
		assert_true(filter_is_empty(filter));
	}
	filter_free(filter);
}

static void test_empty(void **context)
{
	struct record record = test_flow(FLOW_ATTEMPT, 1, 0);
	struct filter_input input = {.flow = &record.flow};

	(void)context;
	assert_true(filter_is_empty(NULL));
	assert_true(filter_match(NULL, &input));
	filter_free(NULL);
}

/* These terms reject a whole workload, not only one of its connections. */
static void test_rejects_workload(void **context)
{
	static const struct {
		enum filter_option option;
		const char *value;
		bool rejects;
	} cases[] = {
		{FILTER_NAMESPACE, "web", true},     {FILTER_NAMESPACE, "shop", false},
		{FILTER_POD, "front", true},         {FILTER_POD, "cart-786-6k6jp", false},
		{FILTER_CONTAINER, "sidecar", true}, {FILTER_CONTAINER, "Web", false},
		{FILTER_IN_WORKLOAD, NULL, false},   {FILTER_PORT, "1", false},
		{FILTER_SELECTOR, "app=x", false},   {FILTER_COMM, "nobody", false},
	};
	struct sample sample;

	(void)context;
	sample_init(&sample);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct filter *filter = NULL;
		assert_int_equal(filter_new(&filter), 0);
		assert_int_equal(filter_add(filter, cases[i].option, cases[i].value, NULL), 0);
		if (filter_rejects_workload(filter, &sample.input) != cases[i].rejects)
			fail_msg("option %d '%s'", (int)cases[i].option, cases[i].value);
		bool speaks = cases[i].rejects || cases[i].option == FILTER_NAMESPACE ||
			      cases[i].option == FILTER_POD ||
			      cases[i].option == FILTER_CONTAINER ||
			      cases[i].option == FILTER_IN_WORKLOAD;
		assert_int_equal(filter_has(filter, FILTER_TESTS_WORKLOAD), speaks);
		filter_free(filter);
	}
	assert_false(filter_rejects_workload(NULL, &sample.input));
	assert_false(filter_has(NULL, FILTER_TESTS_WORKLOAD));
	sample_clear(&sample);
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_refused_text),
		cmocka_unit_test(test_refused_options),
		cmocka_unit_test(test_rejects_workload),
		cmocka_unit_test(test_empty),
	};
	return cmocka_run_group_tests_name("filter", tests, NULL, NULL);
}
