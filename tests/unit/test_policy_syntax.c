/* SPDX-License-Identifier: Apache-2.0 */
/* Names, labels and port names that the API server accepts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/policy/netpol/syntax.h"

#define A30 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A31 A30 "a"
#define A63 A31 A31 "a"
#define A64 A63 "a"
/* 253 characters: three labels of 63 and one of 61, joined by dots. */
#define A253 A63 "." A63 "." A63 "." A30 A31

struct syntax_case {
	const char *text;
	bool dns_label, dns_subdomain, label_key, label_value, port_name;
};

static const struct syntax_case cases[] = {
	{"web", true, true, true, true, true},
	{"a", true, true, true, true, true},
	{"0", true, true, true, true, false},
	{"1e3", true, true, true, true, true},
	{"80", true, true, true, true, false},
	{"web-1", true, true, true, true, true},
	{"web.1", false, true, true, true, false},
	{"a--b", true, true, true, true, false},
	{"", false, false, false, true, false},
	{"-a", false, false, false, false, false},
	{"a-", false, false, false, false, false},
	{".a", false, false, false, false, false},
	{"a.", false, false, false, false, false},
	{"a..b", false, false, true, true, false},
	{"a.-b", false, false, true, true, false},
	{"_a", false, false, false, false, false},
	{"a_b", false, false, true, true, false},
	{"Web", false, false, true, true, false},
	{"a b", false, false, false, false, false},
	{"a/b", false, false, true, false, false},
	{"a/b/c", false, false, false, false, false},
	{"/b", false, false, false, false, false},
	{"a/", false, false, false, false, false},
	{"A/b", false, false, false, false, false},
	{"a_b/c", false, false, false, false, false},
	{"app.kubernetes.io/name", false, false, true, false, false},
	{"a\n", false, false, false, false, false},
	{"\xc3\xa9", false, false, false, false, false},
	{"a\xc3\xa9z", false, false, false, false, false},
	{"abcdefghijklmno", true, true, true, true, true},
	{"abcdefghijklmnop", true, true, true, true, false},
	{A63, true, true, true, true, false},
	{A64, false, true, false, false, false},
	{A63 "/" A63, false, false, true, false, false},
	{A63 "/" A64, false, false, false, false, false},
	{A253, false, true, false, false, false},
	{A253 "a", false, false, false, false, false},
	{A253 "/a", false, false, true, false, false},
	{A253 "a/a", false, false, false, false, false},
};

static void test_table(void **context)
{
	(void)context;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct syntax_case *c = &cases[i];
		if (syntax_is_dns_label(c->text) != c->dns_label)
			fail_msg("DNS label: '%s'", c->text);
		if (syntax_is_dns_subdomain(c->text) != c->dns_subdomain)
			fail_msg("DNS subdomain: '%s'", c->text);
		if (syntax_is_label_key(c->text) != c->label_key)
			fail_msg("label key: '%s'", c->text);
		if (syntax_is_label_value(c->text) != c->label_value)
			fail_msg("label value: '%s'", c->text);
		if (syntax_is_port_name(c->text) != c->port_name)
			fail_msg("port name: '%s'", c->text);
	}
	assert_int_equal(strlen(A253), SYNTAX_SUBDOMAIN_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("policy_syntax", tests, NULL, NULL);
}
