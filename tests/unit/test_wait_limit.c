/* SPDX-License-Identifier: Apache-2.0 */
/* The limits of waiting in tests grow with the factor of the environment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/support/wait_limit.h"

static void test_factor(void **state)
{
	static const struct {
		const char *text; /* NULL: not set */
		int minutes;
	} cases[] = {{NULL, 1}, {"1", 1}, {"5", 5},  {"100", 100}, {"1000", 100},
		     {"", 1},   {"0", 1}, {"-3", 1}, {"fast", 1},  {"99999999999999999999", 100}};

	(void)state;
	unsetenv("POLECAT_WAIT_MS");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		unsetenv("POLECAT_WAIT_FACTOR");
		if (cases[i].text)
			setenv("POLECAT_WAIT_FACTOR", cases[i].text, 1);
		assert_int_equal(wait_limit_ms(), cases[i].minutes * 60000);
	}
	unsetenv("POLECAT_WAIT_FACTOR");
}

static void test_chosen_limit(void **state)
{
	(void)state;
	setenv("POLECAT_WAIT_MS", "250", 1);
	assert_int_equal(wait_limit_ms(), 250);
	setenv("POLECAT_WAIT_FACTOR", "3", 1);
	assert_int_equal(wait_limit_ms(), 750);
	unsetenv("POLECAT_WAIT_FACTOR");
	unsetenv("POLECAT_WAIT_MS");
}

/* Returns true at the third call. */
static bool third(void *calls)
{
	return ++*(int *)calls == 3;
}

static void test_condition_becomes_true(void **state)
{
	int calls = 0;

	(void)state;
	assert_true(wait_until(third, &calls));
	assert_int_equal(calls, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_factor),
		cmocka_unit_test(test_chosen_limit),
		cmocka_unit_test(test_condition_becomes_true),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("wait limit", tests, NULL, NULL);
}
