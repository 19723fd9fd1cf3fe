/* SPDX-License-Identifier: Apache-2.0 */
/* The search in the text of a draft. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tui/dashboard/panes/policy_search.h"

static const char text[] = "kind: NetworkPolicy\n"
			   "spec:\n"
			   "  ingress:\n"
			   "  - from: app=front\n"
			   "  egress:\n"
			   "  - to: APP=db\n";

static void assert_found(const char *pattern, size_t from, bool forward, size_t line)
{
	assert_int_equal(policy_search_line(text, 6, pattern, from, forward), line);
}

static void test_next_and_previous(void **state)
{
	(void)state;
	assert_found("app=", 0, true, 3);
	assert_found("app=", 4, true, 5);
	assert_found("app=", 5, false, 5);
	assert_found("app=", 4, false, 3);
}

static void test_goes_on_at_the_other_end(void **state)
{
	(void)state;
	assert_found("app=", 6, true, 3);
	assert_found("app=", 2, false, 5);
	assert_found("spec", SIZE_MAX, false, 1);
	assert_found("spec", 2, true, 1);
}

static void test_capital_letters(void **state)
{
	(void)state;
	assert_found("network", 0, true, 0);
	assert_found("APP", 0, true, 5);
	assert_found("App", 0, true, POLICY_SEARCH_NONE);
}

static void test_nothing_found(void **state)
{
	(void)state;
	assert_found("absent", 0, true, POLICY_SEARCH_NONE);
	assert_found("", 0, true, POLICY_SEARCH_NONE);
	/* A match does not go beyond its line. */
	assert_found("spec:\n", 0, true, POLICY_SEARCH_NONE);
	assert_found("db\n", 0, true, POLICY_SEARCH_NONE);
}

static void test_places_of_matches(void **state)
{
	const char *line = "to: app app";
	const char *end = line + strlen(line);
	const char *first = policy_search_in(line, end, "app");

	(void)state;
	assert_ptr_equal(first, line + 4);
	assert_ptr_equal(policy_search_in(first + 1, end, "app"), line + 8);
	assert_null(policy_search_in(line, end - 1, "p app "));
	assert_null(policy_search_in(line + 8, end - 1, "app"));
	assert_null(policy_search_in(end, end, "a"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_next_and_previous),
		cmocka_unit_test(test_goes_on_at_the_other_end),
		cmocka_unit_test(test_capital_letters),
		cmocka_unit_test(test_nothing_found),
		cmocka_unit_test(test_places_of_matches),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("search in the policy", tests, NULL, NULL);
}
