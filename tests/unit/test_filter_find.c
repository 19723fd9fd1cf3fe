/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of a text that a filter matches. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/array.h"
#include "core/filter/filter_find.h"
#include "core/filter/filter_keys.h"

/* Writes the text with [ ] around each part that is found. */
static void mark(const struct filter *filter, uint64_t fields, const char *text, char *out)
{
	struct filter_span span;
	size_t from = 0;

	while (filter_find(filter, fields, text, from, &span)) {
		assert_true(span.start >= from && span.length > 0);
		out += sprintf(out, "%.*s[%.*s]", (int)(span.start - from), text + from,
			       (int)span.length, text + span.start);
		from = span.start + span.length;
	}
	strcpy(out, text + from);
}

static void parts_are_found(void **state)
{
	static const struct {
		const char *filter;
		enum filter_field field;
		const char *text;
		const char *marked;
	} cases[] = {
		{"cart", FILTER_FIELD_POD, "cart-7 of CART", "[cart]-7 of [CART]"},
		{"cart", FILTER_ANY_FIELD, "10 cart", "10 [cart]"},
		{"pod:cart", FILTER_FIELD_POD, "cart-7", "[cart]-7"},
		{"pod:cart", FILTER_FIELD_PEER, "cart-7", "cart-7"},
		{"pod=cart", FILTER_FIELD_POD, "cart-7", "cart-7"},
		{"pod=CART", FILTER_FIELD_POD, "cart", "[cart]"},
		{"pod:ca,rt", FILTER_FIELD_POD, "cart", "[ca][rt]"},
		{"car cart", FILTER_FIELD_POD, "a cart", "a [cart]"},
		{"!cart", FILTER_FIELD_POD, "cart", "cart"},
		{"!(x or !cart)", FILTER_FIELD_POD, "x cart", "x [cart]"},
		{"pod!=cart", FILTER_FIELD_POD, "cart", "cart"},
		{"!pod!=cart", FILTER_FIELD_POD, "cart", "[cart]"},
		{"~^c.r", FILTER_FIELD_POD, "car cer", "[car] cer"},
		{"pod~[0-9]+", FILTER_FIELD_POD, "a12b3", "a[12]b[3]"},
		{"pod~x*", FILTER_FIELD_POD, "axxb", "a[xx]b"},
		{"pod~(a|b)$", FILTER_FIELD_POD, "abab", "aba[b]"},
		{"port:443", FILTER_FIELD_DPORT, "443", "[443]"},
		{"port:443", FILTER_FIELD_DPORT, "443/tcp", "[443]/tcp"},
		{"port:400-500", FILTER_FIELD_DPORT, "4433", "4433"},
		{"port:443", FILTER_FIELD_SPORT, "443", "443"},
		{"44", FILTER_FIELD_DPORT, "4440", "[44]40"},
		{"tx:>1", FILTER_FIELD_TX, "5k", "5k"},
		{"peer:203.0.113.0/24", FILTER_FIELD_PEER, "203.0.113.7", "[203.0.113.7]"},
		{"peer:203.0.113.0/24", FILTER_FIELD_PEER, "203.0.114.7", "203.0.114.7"},
		{"peer:203.0.113.0/24", FILTER_FIELD_PEER, "203.0.113", "203.0.113"},
		{"peer:2001:db8::/32", FILTER_FIELD_PEER, "2001:db8::1", "[2001:db8::1]"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct filter *filter = NULL;
		char marked[256];

		assert_int_equal(filter_new(&filter), 0);
		assert_int_equal(filter_parse(filter, cases[i].filter, NULL), 0);
		mark(filter, filter_field_bit(cases[i].field), cases[i].text, marked);
		if (strcmp(marked, cases[i].marked) != 0)
			fail_msg("%s: %s, not %s", cases[i].filter, marked, cases[i].marked);
		filter_free(filter);
	}
}

static void nothing_is_found_without_a_filter(void **state)
{
	struct filter_span span;
	struct filter *filter = NULL;

	(void)state;
	assert_false(filter_find(NULL, UINT64_MAX, "x", 0, &span));
	assert_int_equal(filter_new(&filter), 0);
	assert_false(filter_find(filter, UINT64_MAX, "x", 0, &span));
	assert_int_equal(filter_parse(filter, "x", NULL), 0);
	assert_true(filter_find(filter, UINT64_MAX, "x", 0, &span));
	assert_false(filter_find(filter, UINT64_MAX, "x", 1, &span));
	assert_false(filter_find(filter, UINT64_MAX, "", 0, &span));
	filter_free(filter);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_are_found),
		cmocka_unit_test(nothing_is_found_without_a_filter),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
