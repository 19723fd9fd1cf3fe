/* SPDX-License-Identifier: Apache-2.0 */
/* The sources that the header names if not all of them fit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tui/dashboard/panes/source_dots.h"

static const struct source_dot usual[] = {
	{.label = "kernel", .state = SOURCE_READY},  {.label = "k8s", .state = SOURCE_ABSENT},
	{.label = "cri", .state = SOURCE_READY},     {.label = "docker", .state = SOURCE_BROKEN},
	{.label = "logs", .state = SOURCE_STARTING},
};
#define USUAL (sizeof(usual) / sizeof(*usual))

static void important_sources_are_shown(void **state)
{
	static const struct {
		int width;
		const char *shown; /* the initials of the shown sources, in order */
		size_t rest;
	} cases[] = {
		{100, "kkcdl", 0}, {32, "kkcdl", 0}, {31, "kcdl", 0}, {27, "kcdl", 0},
		{26, "kcd", 1},    {25, "kcd", 1},   {20, "kd", 2},   {12, "d", 3},
		{11, "", 4},       {0, "", 4},       {-5, "", 4},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct source_dot dots[USUAL];
		char shown[USUAL + 1] = "";
		size_t count = 0;

		memcpy(dots, usual, sizeof(usual));
		assert_int_equal(source_dots_choose(dots, USUAL, cases[i].width), cases[i].rest);
		for (size_t j = 0; j < USUAL; j++) {
			if (dots[j].shown)
				shown[count++] = dots[j].label[0];
		}
		shown[count] = '\0';
		assert_string_equal(shown, cases[i].shown);
	}
}

static void many_are_counted(void **state)
{
	struct source_dot dots[20];

	(void)state;
	for (size_t i = 0; i < 20; i++)
		dots[i] = (struct source_dot){.label = "stream", .state = SOURCE_READY};
	dots[19].state = SOURCE_BROKEN;
	assert_int_equal(source_dots_choose(dots, 20, 1000), 20 - SOURCE_DOTS_SHOWN);
	assert_true(dots[19].shown);
	assert_true(dots[0].shown);
	assert_false(dots[18].shown);
}

static void an_empty_list_is_allowed(void **state)
{
	(void)state;
	assert_int_equal(source_dots_choose(NULL, 0, 80), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(important_sources_are_shown),
		cmocka_unit_test(many_are_counted),
		cmocka_unit_test(an_empty_list_is_allowed),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("dashboard_source_dots", tests, NULL, NULL);
}
