/* SPDX-License-Identifier: Apache-2.0 */
/* Label selectors: the labels that they match, and the positions and messages of errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <errno.h>

#include <cmocka.h>

#include "core/filter/selector.h"
#include "core/record/record.h"

static void test_match(void **context)
{
	/* The labels are app=web, tier=front, empty= , example.com/x=1. */
	static const struct {
		const char *text;
		bool selects;
	} cases[] = {
		{"", true},
		{"  ", true},
		{"app=web", true},
		{"app==web", true},
		{" app = web ", true},
		{"app=db", false},
		{"app=we", false},
		{"none=web", false},
		{"app!=db", true},
		{"app!=web", false},
		{"none!=web", true},
		{"app=web,tier=front", true},
		{"app=web,tier=back", false},
		{"app in (db,web)", true},
		{"app in ( db , web )", true},
		{"app in (db)", false},
		{"none in (web)", false},
		{"app notin (db,cache)", true},
		{"app notin (db,web)", false},
		{"none notin (web)", true},
		{"app", true},
		{"none", false},
		{"!none", true},
		{"! none", true},
		{"!app", false},
		{"app,!none,tier in (front,back),x!=1", true},
		{"empty", true},
		{"empty=", true},
		{"empty!=", false},
		{"app=", false},
		{"none=", false},
		{"empty=,app=web", true},
		{"empty in ()", true},
		{"app in (,web)", true},
		{"app in (,db)", false},
		{"example.com/x=1", true},
		{"example.com/x", true},
		{"x=1", false},
		{"in", false},
		{"in=web", false},
		{"notin notin (a)", true},
		{"in in (a)", false},
	};
	struct labels labels = {0};

	(void)context;
	assert_int_equal(labels_set(&labels, "app", "web"), 0);
	assert_int_equal(labels_set(&labels, "tier", "front"), 0);
	assert_int_equal(labels_set(&labels, "empty", ""), 0);
	assert_int_equal(labels_set(&labels, "example.com/x", "1"), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct selector *selector = NULL;
		const char *message = NULL;
		size_t column = 0;
		if (selector_parse(cases[i].text, &selector, &column, &message))
			fail_msg("'%s' column %zu: %s", cases[i].text, column, message);
		if (selector_match(selector, &labels) != cases[i].selects)
			fail_msg("'%s'", cases[i].text);
		selector_free(selector);
	}
	labels_clear(&labels);
}

static void test_refused(void **context)
{
	static const struct {
		const char *text;
		size_t column;
		const char *message;
	} cases[] = {
		{",", 1, "key was expected"},
		{"app=web,", 9, "key was expected"},
		{"app=web,,x", 9, "key was expected"},
		{"=web", 1, "key was expected"},
		{"!", 2, "key was expected"},
		{"!app=web", 5, "',' was expected"},
		{"app web", 5, "'=', '!=', 'in' or 'notin'"},
		{"app!web", 4, "'=', '!=', 'in' or 'notin'"},
		{"app > 1", 5, "'=', '!=', 'in' or 'notin'"},
		{"app=web x", 9, "',' was expected"},
		{"app=web!", 8, "',' was expected"},
		{"app in web", 8, "'(' was expected"},
		{"app in (web", 12, "',' or ')' was expected"},
		{"app in (web db)", 13, "',' or ')' was expected"},
		{"app notin", 10, "'(' was expected"},
		{"-app=web", 1, "must begin"},
		{"app-=web", 4, "must end"},
		{"app=_web", 5, "must begin"},
		{"app=web.", 8, "must end"},
		{"/x=1", 1, "key was expected"},
		{"a.b/=1", 5, "after the '/'"},
		{"a/b/c", 4, "'=', '!=', 'in' or 'notin'"},
		{"x=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 66,
		 "too long"},
		{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 64,
		 "too long"},
		{"app=w\xc3\xa4", 6, "',' was expected"},
	};

	(void)context;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct selector *selector = NULL;
		const char *message = "";
		size_t column = 0;
		int error = selector_parse(cases[i].text, &selector, &column, &message);
		if (error != -EINVAL || column != cases[i].column ||
		    !strstr(message, cases[i].message))
			fail_msg("'%s': %d, column %zu: %s", cases[i].text, error, column, message);
		assert_null(selector);
	}
	selector_free(NULL);
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_match),
		cmocka_unit_test(test_refused),
	};
	return cmocka_run_group_tests_name("selector", tests, NULL, NULL);
}
