/* SPDX-License-Identifier: Apache-2.0 */
/* Names on pages that lead to other pages: by keys and by the mouse, and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/dashboard.h"
#include "tests/support/sample.h"

static int row_with(struct dashboard *dashboard, const char *text)
{
	int row = terminal_find(dashboard->terminal, text, 0, NULL);

	EXPECT(dashboard, row > 0);
	return row;
}

static bool pod_is_selected(struct terminal *terminal, void *data)
{
	int row = terminal_find(terminal, "pod          ", 0, NULL);

	return row > 0 && dashboard_is_selected(data, row);
}

static void open_connection(struct dashboard *dashboard)
{
	dashboard_create_sample(dashboard, "shop.jsonl", 0);
	dashboard_open(dashboard, "shop.jsonl");
	dashboard_press(dashboard, "/state:refused<Enter>g<Enter>");
	EXPECT_TEXT(dashboard, "This end");
	dashboard_settle(dashboard);
}

/* All keys arrive at once, so each page has to know its names before it was ever drawn. */
static void keys_walk_before_the_page_is_drawn(void **test_state)
{
	struct dashboard *dashboard = *test_state;

	open_connection(dashboard);
	dashboard_press(dashboard, "jj<Enter><Tab><Enter><Tab><Enter>");
	/* The pod, its workload, and the pod again, which was behind the workload. */
	EXPECT_TEXT(dashboard, "What failed");
	EXPECT_TEXT(dashboard, "StatefulSet cart");
	dashboard_press(dashboard, "<Esc>");
	EXPECT_SOON(dashboard, pod_is_selected, dashboard);
	dashboard_press(dashboard, "<Backspace>");
	EXPECT_TEXT(dashboard, "Summary");
	dashboard_quit(dashboard);
}

static void a_click_selects_and_a_second_one_opens(void **test_state)
{
	struct dashboard *dashboard = *test_state;
	int row;

	open_connection(dashboard);
	row = row_with(dashboard, "pod          ");
	EXPECT(dashboard, !dashboard_is_selected(dashboard, row));
	terminal_mouse(dashboard->terminal, row, 20, 1);
	EXPECT_SOON(dashboard, pod_is_selected, dashboard);
	dashboard_settle(dashboard);
	EXPECT_TEXT(dashboard, "This end");
	terminal_mouse(dashboard->terminal, row, 20, 1);
	terminal_wait_quiet(dashboard->terminal, 80, 80);
	terminal_mouse(dashboard->terminal, row, 20, 1);
	EXPECT_TEXT(dashboard, "What failed");
	/* A line without a name is no link. */
	row = row_with(dashboard, "namespace    ");
	terminal_mouse(dashboard->terminal, row, 20, 1);
	dashboard_settle(dashboard);
	EXPECT(dashboard, !dashboard_is_selected(dashboard, row));
	dashboard_quit(dashboard);
}

static void the_wheel_scrolls_and_selects_nothing(void **test_state)
{
	struct dashboard *dashboard = *test_state;

	open_connection(dashboard);
	dashboard_press(dashboard, "i");
	EXPECT_TEXT(dashboard, "What failed");
	terminal_mouse(dashboard->terminal, 10, 20, 5);
	EXPECT_TEXT(dashboard, "lines 4-");
	EXPECT(dashboard, terminal_find(dashboard->terminal, "▌", 0, NULL) < 0);
	dashboard_quit(dashboard);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DASHBOARD_TEST(keys_walk_before_the_page_is_drawn),
		DASHBOARD_TEST(a_click_selects_and_a_second_one_opens),
		DASHBOARD_TEST(the_wheel_scrolls_and_selects_nothing),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
