/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of commands and settings, and what Tab completes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/array.h"
#include "tui/dashboard/command_table.h"
#include "tui/dashboard/setting_table.h"
#include "tui/options/settings.h"

static void set_knows_each_setting(void **state)
{
	size_t count = 0;

	(void)state;
	for (size_t i = 0; settings_name(i); i++) {
		/* A mapping has no single value. */
		bool is_mapping = strcmp(settings_name(i), "filters") == 0 ||
				  strcmp(settings_name(i), "keys") == 0;

		assert_int_equal(setting_table_has(settings_name(i)), !is_mapping);
		count++;
	}
	assert_true(count > 1);
	assert_false(setting_table_has(""));
	assert_false(setting_table_has("them"));
}

static void words_are_completed(void **state)
{
	static const struct {
		const char *before; /* the cursor */
		const char *after;
		const char *steps; /* Next, Previous */
		const char *text;
	} cases[] = {
		{"the", "", "N", "theme "},
		{"", "", "N", "copy "},
		{"q", "", "N", "q"},
		{"x", "", "N", "x"},
		{"filter s", "", "N", "filter save "},
		{"filter sav", " x", "N", "filter save  x"},
		{"filter delete ", "", "N", "filter delete slow"},
		{"filter delete ", "", "NN", "filter delete web"},
		{"filter delete w", "", "N", "filter delete web"},
		{"filter x @", "", "NP", "filter x @web"},
		{"filter x por", "", "N", "filter x port:"},
		{"group na", "", "N", "group namespace"},
		{"  group na", "", "N", "  group namespace"},
		{"set ", "", "N", "set columns "},
		{"set po", "", "N", "set policy "},
		{"set policy ", "", "N", "set policy rules"},
		{"set policy y", "", "N", "set policy yaml"},
		{"set columns pod,ad", "", "N", "set columns pod,address"},
		{"set x ", "", "N", "set x "},
		{"set theme mos", "", "N", "set theme moss"},
		{"theme mos", "", "N", "theme moss"},
		{"export ", "", "N", "export "},
	};
	struct dashboard *dashboard = calloc(1, sizeof(*dashboard));
	struct state *connections = NULL;

	(void)state;
	assert_non_null(dashboard);
	assert_int_equal(state_new(NULL, &connections), 0);
	dashboard->context.state = connections;
	assert_int_equal(filter_names_set(&dashboard->filters, "web", "port:80"), 0);
	assert_int_equal(filter_names_set(&dashboard->filters, "slow", "lat:>1s"), 0);
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct completion completion = {0};
		struct input_line line;
		char text[INPUT_LINE_SIZE];

		snprintf(text, sizeof(text), "%s%s", cases[i].before, cases[i].after);
		input_line_set(&line, text);
		line.cursor = strlen(cases[i].before);
		for (const char *step = cases[i].steps; *step; step++)
			completion_step(&completion, &line,
					*step == 'N' ? COMPLETION_NEXT : COMPLETION_PREVIOUS,
					command_table_complete, dashboard);
		completion_clear(&completion);
		if (strcmp(line.text, cases[i].text) != 0)
			fail_msg("'%s' %s: '%s'", text, cases[i].steps, line.text);
	}
	filter_names_clear(&dashboard->filters);
	state_free(connections);
	free(dashboard);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(set_knows_each_setting),
		cmocka_unit_test(words_are_completed),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
