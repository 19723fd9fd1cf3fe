/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the dashboard at an earlier time: while records arrive, while it plays the events, and on
 * pages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/support/dashboard.h"
#include "tests/support/sample.h"

/* While an earlier time is shown, new flows do not change the screen. They are shown afterwards. */
static void collecting_continues(void **test_state)
{
	const struct dashboard_options fed = {.arguments = {"--host", "-i", "-"}, .fed = true};
	struct dashboard *dashboard = *test_state;

	dashboard_start(dashboard, &fed);
	dashboard_feed_numbered(dashboard, 0, 5);
	EXPECT_TEXT(dashboard, "Connections 5");
	dashboard_press(dashboard, ",");
	EXPECT_TEXT(dashboard, "Connections 5 of 5");
	dashboard_press(dashboard, ",,");
	dashboard_feed_numbered(dashboard, 5, 8);
	EXPECT_NO_TEXT(dashboard, "Connections 8");
	EXPECT_NO_TEXT(dashboard, "Connections 5 of 5");
	dashboard_press(dashboard, "<Esc>");
	EXPECT_TEXT(dashboard, "Connections 8");
	/* The events of the new connections are there, too. */
	dashboard_press(dashboard, ",");
	EXPECT_TEXT(dashboard, "Connections 8 of 8");
	dashboard_press(dashboard, "p");
	EXPECT_NO_TEXT(dashboard, "Connections 8 of");
	dashboard_quit(dashboard);
}

static void it_plays_to_the_end(void **test_state)
{
	struct dashboard *dashboard = *test_state;

	dashboard_create_sample(dashboard, "shop.jsonl", 5);
	dashboard_open(dashboard, "shop.jsonl");
	dashboard_press(dashboard, "))))))))))))R");
	EXPECT_TEXT(dashboard, "playing");
	EXPECT_NO_TEXT(dashboard, "playing");
	dashboard_press(dashboard, ".");
	EXPECT_TEXT(dashboard, "this is the last event");
	dashboard_press(dashboard, "(R");
	dashboard_press(dashboard, "<Esc>");
	EXPECT_NO_TEXT(dashboard, "playing");
	dashboard_quit(dashboard);
}

/* The page of a connection closes before the connection begins. */
static void pages_follow(void **test_state)
{
	struct dashboard *dashboard = *test_state;

	dashboard_create_sample(dashboard, "shop.jsonl", 5);
	dashboard_open(dashboard, "shop.jsonl");
	dashboard_press(dashboard, ",<Enter>");
	EXPECT_NO_TEXT(dashboard, "workload");
	dashboard_press(dashboard, ",,,");
	EXPECT_TEXT(dashboard, "workload");
	dashboard_press(dashboard, "i");
	EXPECT_NO_TEXT(dashboard, "workload");
	dashboard_press(dashboard, ",D,?,P,");
	dashboard_press(dashboard, "<Esc><Esc><Esc><Esc><Esc><Esc>");
	EXPECT_TEXT(dashboard, "Connections");
	dashboard_quit(dashboard);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DASHBOARD_TEST(collecting_continues),
		DASHBOARD_TEST(it_plays_to_the_end),
		DASHBOARD_TEST(pages_follow),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
