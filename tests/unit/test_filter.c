/* SPDX-License-Identifier: Apache-2.0 */
/* Filters from options and from text: the connections that pass, and the position of an error. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <errno.h>

#include <cmocka.h>

#include "core/filter/filter.h"
#include "core/filter/filter_keys.h"
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
	flow->has |= FLOW_HAS_TX | FLOW_HAS_RTT;
	flow->tx_bytes = 1500000;
	flow->rtt_us = 250;
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
		.state = "failed refused",
		.rate = 2500,
		.has_rate = true,
		.latency_ns = 3000000,
		.has_latency = true,
		.age_ns = 90000000000,
		.has_age = true,
		.connections = 17,
		.is_new = "yes",
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
		{FILTER_NAMESPACE, "!shop", false},
		{FILTER_NAMESPACE, "!web", true},
		{FILTER_NAMESPACE, "!web,!shop", false},
		{FILTER_POD, "cart-786-6k6jp", true},
		{FILTER_POD, "!web/x,!cart", true},
		{FILTER_POD, "cart", false},
		{FILTER_POD, "shop/cart-786-6k6jp", true},
		{FILTER_POD, "web/cart-786-6k6jp", false},
		{FILTER_POD, "sho/cart-786-6k6jp", false},
		{FILTER_SELECTOR, "app=cart", true},
		{FILTER_SELECTOR, "app!=cart", false},
		{FILTER_SELECTOR, "tier!=x", true},
		{FILTER_CONTAINER, "Web", true},
		{FILTER_CONTAINER, "web", false},
		{FILTER_CONTAINER, "db,Web", true},
		{FILTER_CONTAINER, "!Web", false},
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
		{"addr:192.0.2.", true},
		{"peer:203.0.113.9", true},
		{"peer:203.0.113", true},
		{"peer:203.0.113.0/24", true},
		{"peer:203.0.113.8/31", true},
		{"peer:203.0.113.10/31", false},
		{"peer:198.51.100.0/24", false},
		{"peer:2001:db8::/32", false},
		{"peer:0.0.0.0/0", true},
		{"peer:::/0", false},
		{"peer:web/front", true},
		{"src:192.0.2.0/24", true},
		{"dst:192.0.2.0/24", false},
		{"src:cart", true},
		{"dst:cart", false},
		{"dst:front", true},
		{"dst:203.0.113.9", true},
		/* A whole address is exact. */
		{"peer:203.0.113.0/24,192.0.2.1", true},
		{"addr:203.0.113.90", false},
		{"host 203.0.113.9", true},
		{"host 192.0.2.1", true},
		{"src host 203.0.113.9", false},
		{"dst host 203.0.113.9", true},
		{"dst 203.0.113.9", true},
		{"src 203.0.113.9", false},
		{"src cart", true},
		{"host front", true},
		{"net 203.0.113.0/24", true},
		{"net 203.0.113", true},
		{"net 203", true},
		{"net 198", false},
		{"dst net 203.0", true},
		{"src net 203.0", false},
		{"net 2001:db8::/32", false},
		{"port 8443", true},
		{"port 50123", true},
		{"port 443", false},
		{"src port 50123", true},
		{"dst port 50123", false},
		{"portrange 8000-9000", true},
		{"tcp and dst port 8443", true},
		{"not host 192.0.2.1", false},
		{"port 8443 or port 1", true},
		{"(port 8443)", true},
		/* Without a value, plain words. */
		{"host", false},
		{"port and shop", false},
		{"\"port\"", false},
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
		{"port:80,8443", true},
		{"port:80,81-90", false},
		{"ns:web,shop", true},
		{"ns=shop", true},
		{"ns=SHOP", true},
		{"ns=sho", false},
		{"ns:=shop", true},
		{"ns!=shop", false},
		{"ns!=web", true},
		{"ns!=web,shop", false},
		{"port=8443", true},
		{"port!=8443", false},
		{"port!=1,2", true},
		{"state=refused", true},
		{"state=refuse", false},
		{"label:app=cart", true},
		{"label:app!=cart", false},
		{"label:app,tier!=x", true},
		{"label:tier", false},
		{"tx:>1M", true},
		{"tx>1M", true},
		{"tx:>1.5M", false},
		{"tx:>=1.5M", true},
		{"tx:>=1500k", true},
		{"tx<1500001", true},
		{"tx:1M-2M", true},
		{"rx:>0", false},
		{"rx:<1", false},
		{"rate:>2k", true},
		{"rate>3k", false},
		{"lat:>100ms", false},
		{"lat:>2.5ms", true},
		{"lat:3ms", true},
		{"lat<=3000us", true},
		{"rtt:<1ms", true},
		{"rtt:>0.2ms", true},
		{"age:>1m", true},
		{"age:>=1.5m", true},
		{"age:>2h", false},
		{"age>0", true},
		{"conn:>16", true},
		{"conn:17", true},
		{"new:yes", true},
		{"new:no", false},
		{"!new:no", true},
		{"yes", false},
		{"port>8000", true},
		{"port<8000", false},
		{"pod~^cart-[0-9]+", true},
		{"pod~^art", false},
		{"pod:~6k6", true},
		{"comm~^(curl|wget)$", true},
		{"comm~^(wget|ftp)$", false},
		{"~^econnref", true},
		{"~203\\.0", true},
		{"peer~front$", true},
		{"pod~\"^cart|x y\"", true},
		{"comm~^c{1,2}u", true},
		{"dns~^EXAMPLE[.]com$", true},
		{"cart and shop", true},
		{"cart AND db", false},
		{"db or cart", true},
		{"db or web", true},
		{"db or zz", false},
		{"db or cart shop", true},
		{"db zz or cart", true},
		{"(db or cart) shop", true},
		{"(db or cart) zz", false},
		{"not cart", false},
		{"not not cart", true},
		{"! cart", false},
		{"!!cart", true},
		{"!(cart and db)", true},
		{"!(cart or db)", false},
		{"not(db)", true},
		{"cart and not (db or zz)", true},
		{"((cart))", true},
		{"( cart )", true},
		{"ns:shop and(port:8443 or port:80)", true},
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

static void test_names(void **context)
{
	static const struct {
		const char *text;
		size_t column; /* of the error; 0: none */
		const char *message;
	} cases[] = {
		{"@web", 0, NULL},
		{"!@web or @slow", 0, NULL},
		{"(@web)", 0, NULL},
		{"@", 2, "a name of at most"},
		{"x @web:", 4, "a name of at most"},
		{"x @we", 3, "no filter has the name we; known are @loop @slow @two @web"},
		{"ns:a @loop", 6, "@loop, column 3: @loop contains itself"},
		{"@two", 1, "@two, column 6: a port"},
	};
	struct filter_names names = {0};
	struct filter *filter = NULL;

	(void)context;
	assert_int_equal(filter_names_set(&names, "web", "port:80 or port:443"), 0);
	assert_int_equal(filter_names_set(&names, "slow", "@web lat>1s"), 0);
	assert_int_equal(filter_names_set(&names, "loop", "x @loop"), 0);
	assert_int_equal(filter_names_set(&names, "two", "port:x"), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct filter_error error = {0};

		assert_int_equal(filter_new(&filter), 0);
		int status = filter_parse_with_names(filter, cases[i].text, &names, &error);
		if (status != (cases[i].column ? -EINVAL : 0) || error.column != cases[i].column ||
		    (cases[i].column && !strstr(error.message, cases[i].message)))
			fail_msg("'%s': %d, column %zu: %s", cases[i].text, status, error.column,
				 error.message);
		filter_free(filter);
	}
	/* Without names, @ is refused, too. */
	assert_int_equal(filter_new(&filter), 0);
	assert_int_equal(filter_parse(filter, "@web", NULL), -EINVAL);
	assert_int_equal(filter_parse(filter, "\"@web\"", NULL), 0);
	filter_free(filter);
	filter_names_clear(&names);
}

/* Names that double each other would have 2^30 terms. */
static void test_names_are_bounded(void **context)
{
	struct filter_names names = {0};
	struct filter *filter = NULL;
	struct filter_error error = {0};

	(void)context;
	assert_int_equal(filter_names_set(&names, "n0", "x"), 0);
	for (int i = 1; i <= 30; i++) {
		char name[16];
		char text[32];

		snprintf(name, sizeof(name), "n%d", i);
		snprintf(text, sizeof(text), "@n%d @n%d", i - 1, i - 1);
		assert_int_equal(filter_names_set(&names, name, text), 0);
	}
	assert_int_equal(filter_new(&filter), 0);
	assert_int_equal(filter_parse_with_names(filter, "@n30", &names, &error), -EINVAL);
	assert_int_equal(error.column, 1);
	filter_free(filter);
	filter_names_clear(&names);
}

/* The name stands for its expression in parentheses. */
static void test_names_are_groups(void **context)
{
	static const char *const pairs[][2] = {
		{"@web ns:shop", "(port:80 or port:443) ns:shop"},
		{"!@web", "!(port:80 or port:443)"},
		{"ns:shop or @slow", "ns:shop or ((port:80 or port:443) lat>1s)"},
	};
	struct filter_names names = {0};
	struct filter *filters[2];

	(void)context;
	assert_int_equal(filter_names_set(&names, "web", "port:80 or port:443"), 0);
	assert_int_equal(filter_names_set(&names, "slow", "@web lat>1s"), 0);
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		for (size_t side = 0; side < 2; side++) {
			assert_int_equal(filter_new(&filters[side]), 0);
			assert_int_equal(filter_parse_with_names(filters[side], pairs[i][side],
								 &names, NULL),
					 0);
		}
		for (uint32_t mask = 0; mask < 8; mask++) {
			struct flow flow = {.dport = mask & 1 ? 443 : 22, .has = FLOW_HAS_DPORT};
			const struct filter_input input = {
				.flow = &flow,
				.namespace_name = mask & 2 ? "shop" : "x",
				.latency_ns = mask & 4 ? 5000000000 : 1,
				.has_latency = true,
			};

			assert_int_equal(filter_match(filters[0], &input),
					 filter_match(filters[1], &input));
		}
		filter_free(filters[0]);
		filter_free(filters[1]);
	}
	filter_names_clear(&names);
}

static void test_refused_text(void **context)
{
	static const struct {
		const char *text;
		size_t column;
		const char *message;
	} cases[] = {
		{"prot:tcp", 1, "no such key"},
		{"cart  !foo:x", 8, "no such key"},
		{"pod:", 5, "value was expected"},
		{"x !", 4, "word was expected"},
		{"\"\"", 1, "value was expected"},
		{"a \"bc", 3, "quote is not closed"},
		{"pod:\"bc", 5, "quote is not closed"},
		{"port:", 6, "value was expected"},
		{"port:http", 6, "a port"},
		{"x port:80x", 10, "a port"},
		{"port:65536", 6, "a port"},
		{"port:80-", 9, "a port"},
		{"port:90-80", 9, "ends before"},
		{"pid:-1", 5, "a number"},
		{"new:", 5, "a value was expected"},
		{"a cmd:x", 3, "command lines"},
		{"lat:100", 5, "with its unit"},
		{"lat:>100", 6, "with its unit"},
		{"x lat:>5q", 8, "with its unit"},
		{"tx:>1.M", 5, "such as 500"},
		{"tx:99999999999999999999T", 4, "such as 500"},
		{"tx:<0", 5, "nothing is below"},
		{"ns>5", 4, "has no order"},
		{"port~80", 6, "is a number"},
		{"label=app", 7, "label:key=value"},
		{"label:=x", 8, "label:key=value"},
		{"peer:10.0.0.0/33", 15, "0 to 32"},
		{"peer:2001:db8::/129", 17, "0 to 128"},
		{"net 300.1", 5, "a block"},
		{"net 1.2.3.4.5", 5, "a block"},
		{"port http", 6, "a port"},
		{"src port 70000", 10, "a port"},
		{"a or", 5, "word was expected"},
		{"a and", 6, "word was expected"},
		{"or a", 1, "word was expected"},
		{"a and or b", 7, "word was expected"},
		{"not", 4, "word was expected"},
		{"()", 2, "word was expected"},
		{"(a", 1, "not closed"},
		{"a (b (c)", 3, "not closed"},
		{"a)", 2, "has no ("},
		{"ns:a,", 6, "value was expected"},
		{"ns:a,,b", 6, "value was expected"},
		{"ns:!a", 4, "before the key"},
		{"x pod~", 7, "value was expected"},
		{"x pod~a(b", 10, "not closed"},
		{"pod~[a", 5, "not closed"},
		{"pod~a\\1", 6, "back-reference"},
		{"pod~\"(a)\\1\"", 9, "back-reference"},
		{"x port:\"80 x\"", 11, "a port"},
		{"ns:\"a b\" port:8\"0\"x", 18, "a port"},
		{"pod~\"\\\"[a\"", 8, "not closed"},
		{"pod~\\(b[a", 8, "not closed"},
		{"pod~*a", 5, ""},
		{"pod~a{300}", 6, "too large"},
		{"pod~a{100}b{200}", 12, "too large"},
		{"pod~(a{9}){99}", 11, "too large"},
		{"pod~((((((((((((((((a))))))))))))))))", 20, "nested groups"},
		{"pod~((a+)?)+", 12, "nested repetitions"},
		{"pod~a+?", 7, "follows a repetition"},
		{"pod~(x(a|^b))*", 14, "an anchor"},
		{"pod~(\\ba)+", 10, "an anchor"},
		{"pod~a{x}", 6, "not an interval"},
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

/* Writes `count` copies of a text. The caller frees the result. */
static char *repeat(const char *text, size_t count)
{
	size_t length = strlen(text);
	char *copies = malloc(length * count + 1);

	assert_non_null(copies);
	for (size_t i = 0; i < count; i++)
		memcpy(copies + i * length, text, length);
	copies[length * count] = '\0';
	return copies;
}

/* Long and deep texts are refused at a bound, and a long row of ! is not deep. */
static void test_bounds(void **context)
{
	static const struct {
		const char *text;
		size_t count;
		size_t column; /* 0: accepted */
		const char *message;
	} cases[] = {
		{"(", 100000, 33, "nested parentheses"},
		{"!(", 100000, 66, "nested parentheses"},
		{"a ", 256, 0, NULL},
		{"a ", 257, 513, "too many terms"},
		{"port:1 or ", 100000, 2566, "too many terms"},
	};
	struct filter *filter = NULL;
	struct filter_error error = {0};

	(void)context;
	assert_int_equal(filter_new(&filter), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *text = repeat(cases[i].text, cases[i].count);
		int status = filter_parse(filter, text, &error);
		assert_int_equal(status, cases[i].column ? -EINVAL : 0);
		if (status &&
		    (error.column != cases[i].column || !strstr(error.message, cases[i].message)))
			fail_msg("%zu of '%s': column %zu: %s", cases[i].count, cases[i].text,
				 error.column, error.message);
		free(text);
	}
	char *negations = repeat("!", 100001);
	negations[100000] = 'a';
	assert_int_equal(filter_parse(filter, negations, &error), 0);
	free(negations);
	filter_free(filter);
}

/* Patterns that take exponential time in backtracking matchers, and quadratic time in those that
 * try each position, on a long text. Without the bounds, this test takes hours. */
static void test_hostile_regex(void **context)
{
	static const char *const patterns[] = {"dns~(a*)*b", "dns~(a|aa)*c", "dns~a*a*a*a*a*a*b",
					       "dns~(a|b)*a(a|b){20}c"};
	struct sample sample;
	char *text = repeat("a", 30000);

	(void)context;
	sample_init(&sample);
	sample.input.dns = text;
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		struct filter *filter = NULL;
		assert_int_equal(filter_new(&filter), 0);
		assert_int_equal(filter_parse(filter, patterns[i], NULL), 0);
		for (int repetition = 0; repetition < 10; repetition++)
			assert_false(filter_match(filter, &sample.input));
		filter_free(filter);
	}
	sample_clear(&sample);
	free(text);
}

static void test_alternatives(void **context)
{
	static const struct {
		const char *text;
		bool alternative;
	} cases[] = {{"a", false}, {"a b", false}, {"a or b", true}, {"(a or b) c", false}};

	(void)context;
	assert_false(filter_is_alternative(NULL));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct filter *filter = NULL;
		assert_int_equal(filter_new(&filter), 0);
		assert_int_equal(filter_parse(filter, cases[i].text, NULL), 0);
		assert_int_equal(filter_is_alternative(filter), cases[i].alternative);
		filter_free(filter);
	}
}

/* Each key has a field of its own, a help text, and a name that the parser takes. */
static void test_keys(void **context)
{
	(void)context;
	for (size_t i = 0; i < filter_key_count; i++) {
		const struct filter_key *key = &filter_keys[i];
		assert_ptr_equal(filter_key_find(key->name, strlen(key->name)), key);
		assert_true(key->help && key->help[0]);
		assert_true(key->value >= FILTER_VALUE_TEXT && key->value <= FILTER_VALUE_NONE);
		if (key->value != FILTER_VALUE_NONE)
			assert_non_null(filter_key_of_field(key->field));
	}
	assert_null(filter_key_find("po", 2));
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
		assert_int_equal(filter_tests_only_workloads(filter), speaks);
		/* One term about connections suffices. */
		assert_int_equal(filter_add(filter, FILTER_PORT, "80", NULL), 0);
		assert_false(filter_tests_only_workloads(filter));
		filter_free(filter);
	}
	/* The same in the language of --filter. */
	static const struct {
		const char *text;
		bool rejects;
		bool only; /* no term is about connections */
	} texts[] = {
		{"ns=web", true, true},
		{"ns=shop", false, true},
		{"!ns=shop", true, true},
		{"pod:front", true, true},
		{"pod~^fr", true, true},
		{"ns=web port:80", true, false},
		{"(ns=web port:80) or (ns=shop label:a=b)", false, false},
		{"(ns=web port:80) or (ns=infra label:a=b)", true, false},
		{"ns=web or port:80", false, false},
		{"!(ns=shop or port:80)", false, false},
		{"ns=web or pod=front", true, true},
		{"label:nobody", false, false},
		{"web", false, false},
	};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct filter *filter = NULL;
		assert_int_equal(filter_new(&filter), 0);
		assert_int_equal(filter_parse(filter, texts[i].text, NULL), 0);
		if (filter_rejects_workload(filter, &sample.input) != texts[i].rejects ||
		    filter_tests_only_workloads(filter) != texts[i].only)
			fail_msg("'%s'", texts[i].text);
		filter_free(filter);
	}
	assert_false(filter_rejects_workload(NULL, &sample.input));
	assert_false(filter_has(NULL, FILTER_TESTS_WORKLOAD));
	assert_true(filter_tests_only_workloads(NULL));
	sample_clear(&sample);
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_names_are_bounded),
		cmocka_unit_test(test_names_are_groups),
		cmocka_unit_test(test_refused_text),
		cmocka_unit_test(test_refused_options),
		cmocka_unit_test(test_rejects_workload),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_hostile_regex),
		cmocka_unit_test(test_alternatives),
		cmocka_unit_test(test_keys),
	};
	return cmocka_run_group_tests_name("filter", tests, NULL, NULL);
}
