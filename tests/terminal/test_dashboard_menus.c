/* SPDX-License-Identifier: Apache-2.0 */
/* The lists over the panes, and the settings that they write. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/dashboard.h"
#include "tests/support/sample.h"

static void start(struct dashboard *dashboard)
{
	dashboard_create_sample(dashboard, "shop.jsonl", 3);
	dashboard_start(dashboard,
			&(struct dashboard_options){.arguments = {"--host", "-i", "shop.jsonl"}});
	EXPECT_TEXT(dashboard, SAMPLE_NODE);
	EXPECT_TEXT(dashboard, SAMPLE_REFUSED);
	dashboard_settle(dashboard);
}

/* Expects a line in the file of settings. */
static void expect_setting(struct dashboard *dashboard, const char *line)
{
	char *text;

	dashboard_settle(dashboard);
	text = dashboard_read_settings(dashboard);
	EXPECT(dashboard, text && strstr(text, line));
	free(text);
}

/* The chosen columns are there after a restart. Esc restores the former choice. */
static void chosen_columns_are_kept(void **test_state)
{
	struct dashboard *dashboard = *test_state;

	start(dashboard);
	EXPECT_TEXT(dashboard, "COMM");
	dashboard_press(dashboard, "C");
	EXPECT_TEXT(dashboard, "[x] COMM");
	dashboard_press(dashboard, "jjjjjj<Space>");
	EXPECT_TEXT(dashboard, "[ ] COMM");
	dashboard_press(dashboard, "<Enter>");
	EXPECT_NO_TEXT(dashboard, "COMM");
	EXPECT_TEXT(dashboard, "saved");
	expect_setting(dashboard, "columns: \"pod,dir,peer,port,state");
	dashboard_quit(dashboard);
	start(dashboard);
	EXPECT_NO_TEXT(dashboard, "COMM");
	dashboard_press(dashboard, "Cg<Space>");
	EXPECT_TEXT(dashboard, "● automatic");
	dashboard_press(dashboard, "<Esc>");
	EXPECT_NO_TEXT(dashboard, "COMM");
	dashboard_quit(dashboard);
}

/* A choice with a fault is named with its place, and polecat chooses. */
static void a_fault_is_named(void **test_state)
{
	struct dashboard *dashboard = *test_state;

	dashboard_write_settings(dashboard, "theme: dark\ncolumns: pod,nonsense\n");
	start(dashboard);
	EXPECT_TEXT(dashboard, "config.yaml:2: no column 'nonsense'");
	EXPECT_TEXT(dashboard, "COMM");
	dashboard_quit(dashboard);
}

/* The keys of the settings act, and the footer and the help show them. */
static void chosen_keys_act(void **test_state)
{
	struct dashboard *dashboard = *test_state;

	dashboard_write_settings(dashboard,
				 "keys:\n  filter: Ctrl-F\n  page-down: PgDn\n  zoom: [Z]\n");
	start(dashboard);
	EXPECT_TEXT(dashboard, "Ctrl-F filter");
	dashboard_press(dashboard, "z");
	EXPECT_TEXT(dashboard, "z does nothing here: ? help");
	dashboard_press(dashboard, "Z");
	EXPECT_NO_TEXT(dashboard, "Summary");
	dashboard_press(dashboard, "Z<C-f>refused<Enter>");
	EXPECT_TEXT(dashboard, "Connections 1 of 7");
	dashboard_press(dashboard, "?");
	EXPECT_TEXT(dashboard, "Help");
	dashboard_press(dashboard, "<PageDown>");
	EXPECT_TEXT(dashboard, "Ctrl-F");
	dashboard_press(dashboard, "<Esc>");
	dashboard_quit(dashboard);
}

/* Keys with a fault are refused as a whole, and the usual keys act. */
static void a_conflict_of_keys_is_named(void **test_state)
{
	struct dashboard *dashboard = *test_state;

	dashboard_write_settings(dashboard, "keys:\n  zoom: Z\n  copy: s\n");
	start(dashboard);
	EXPECT_TEXT(dashboard, "config.yaml:3: s is a key of sort");
	dashboard_press(dashboard, "z");
	EXPECT_NO_TEXT(dashboard, "Summary");
	dashboard_quit(dashboard);
}

/* The mouse and the keys move the borders, and a restart keeps the sizes. */
static void sizes_are_kept(void **test_state)
{
	struct dashboard *dashboard = *test_state;
	int row;

	start(dashboard);
	row = dashboard_title_row(dashboard, "Summary");
	terminal_drag(dashboard->terminal, row, 50, row - 3, 50);
	dashboard_settle(dashboard);
	EXPECT(dashboard, dashboard_title_row(dashboard, "Summary") == row - 3);
	dashboard_press(dashboard, "+");
	dashboard_settle(dashboard);
	EXPECT(dashboard, dashboard_title_row(dashboard, "Summary") == row - 2);
	dashboard_quit(dashboard);
	start(dashboard);
	EXPECT(dashboard, dashboard_title_row(dashboard, "Summary") == row - 2);
	dashboard_press(dashboard, "__");
	dashboard_settle(dashboard);
	EXPECT(dashboard, dashboard_title_row(dashboard, "Summary") == row - 4);
	dashboard_press(dashboard, "=");
	dashboard_settle(dashboard);
	EXPECT(dashboard, dashboard_title_row(dashboard, "Summary") == row);
	dashboard_press(dashboard, "z+");
	EXPECT_TEXT(dashboard, "one pane has the whole screen");
	dashboard_press(dashboard, "z");
	dashboard_quit(dashboard);
	expect_setting(dashboard, "splits: \"0 0 0 0 0 0\"");
}

/* While a list is open, the footer has the keys of the list, and a click on one presses it. */
static void the_footer_has_the_keys_of_the_list(void **test_state)
{
	struct dashboard *dashboard = *test_state;
	int column = 0;
	int row;

	start(dashboard);
	EXPECT_TEXT(dashboard, "/ filter");
	dashboard_press(dashboard, "s");
	EXPECT_NO_TEXT(dashboard, "/ filter");
	row = terminal_find(dashboard->terminal, "Enter sort", 0, &column);
	EXPECT(dashboard, row == 23);
	EXPECT(dashboard, strstr(terminal_row(dashboard->terminal, 23), "I invert  Esc back"));
	terminal_find(dashboard->terminal, "I invert", 23, &column);
	terminal_mouse(dashboard->terminal, 23, column, 1);
	EXPECT_TEXT(dashboard, "oldest first");
	terminal_find(dashboard->terminal, "Esc back", 23, &column);
	terminal_mouse(dashboard->terminal, 23, column + 7, 1);
	EXPECT_TEXT(dashboard, "/ filter");
	dashboard_quit(dashboard);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		DASHBOARD_TEST(chosen_columns_are_kept),
		DASHBOARD_TEST(a_fault_is_named),
		DASHBOARD_TEST(chosen_keys_act),
		DASHBOARD_TEST(a_conflict_of_keys_is_named),
		DASHBOARD_TEST(sizes_are_kept),
		DASHBOARD_TEST(the_footer_has_the_keys_of_the_list),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
