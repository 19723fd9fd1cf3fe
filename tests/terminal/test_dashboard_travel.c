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

/* Writes the start of five connections at one time. */
static void feed_one_time(struct dashboard *dashboard)
{
	char line[512];

	for (int i = 0; i < 5; i++) {
		int length = snprintf(
			line, sizeof(line),
			"{\"v\":1,\"kind\":\"flow\",\"event\":\"attempt\",\"ts\":\"2026-01-02T03:"
			"04:"
			"05.5Z\",\"id\":\"%d\",\"node\":\"vm\",\"direction\":\"egress\","
			"\"protocol\":\"TCP\",\"family\":4,\"src\":\"192.0.2.1\",\"sport\":%d,"
			"\"dst\":\"198.51.100.2\",\"dport\":%d,\"pid\":7,\"comm\":\"cart\"}\n",
			i, 40000 + i, 10000 + i);
		assert_int_equal(write(dashboard->feed, line, (size_t)length), length);
	}
}

/* Each event is a step of its own, also if others have the same time. */
static void events_of_one_time_are_steps(void **test_state)
{
	const struct dashboard_options fed = {.arguments = {"--host", "-i", "-"}, .fed = true};
	struct dashboard *dashboard = *test_state;

	dashboard_start(dashboard, &fed);
	feed_one_time(dashboard);
	EXPECT_TEXT(dashboard, "Connections 5");
	dashboard_press(dashboard, ",");
	EXPECT_TEXT(dashboard, " 5/5 ");
	EXPECT_TEXT(dashboard, "port 10004");
	dashboard_press(dashboard, ",,");
	EXPECT_TEXT(dashboard, " 3/5 ");
	EXPECT_TEXT(dashboard, "port 10002");
	dashboard_press(dashboard, ".");
	EXPECT_TEXT(dashboard, " 4/5 ");
	EXPECT_TEXT(dashboard, "port 10003");
	dashboard_press(dashboard, ",,,,");
	EXPECT_TEXT(dashboard, "this is the first event");
	EXPECT_TEXT(dashboard, " 1/5 ");
	dashboard_quit(dashboard);
}

/* Drafts and a baseline of an earlier time name the time. */
static void the_time_is_said(void **test_state)
{
	struct dashboard *dashboard = *test_state;

	dashboard_create_sample(dashboard, "shop.jsonl", 5);
	dashboard_open(dashboard, "shop.jsonl");
	dashboard_press(dashboard, "B");
	EXPECT_TEXT(dashboard, "baseline: ");
	EXPECT(dashboard, !terminal_shows(dashboard->terminal, " as of "));
	dashboard_press(dashboard, ",,B");
	EXPECT_TEXT(dashboard, "destinations as of ");
	dashboard_press(dashboard, "e");
	EXPECT_TEXT(dashboard, "the draft as of ");
	dashboard_press(dashboard, "<C-u>then.yaml<Enter>");
	EXPECT_TEXT(dashboard, "the draft as of ");
	EXPECT_TEXT(dashboard, "saved to then.yaml");
	dashboard_press(dashboard, ":export all/<Enter>");
	EXPECT_TEXT(dashboard, "all workloads as of ");
	dashboard_press(dashboard, "<Esc>:export now.yaml<Enter>");
	EXPECT_TEXT(dashboard, "saved to now.yaml");
	EXPECT(dashboard, !terminal_shows(dashboard->terminal, " as of "));
	dashboard_quit(dashboard);
}

/* While a recording plays, the cursor stays on its row. */
static void the_cursor_stays_while_it_plays(void **test_state)
{
	struct dashboard *dashboard = *test_state;
	int first = 0;
	int last = 0;

	dashboard_create_sample(dashboard, "shop.jsonl", 5);
	dashboard_open(dashboard, "shop.jsonl");
	dashboard_press(dashboard, ",,,,jj");
	dashboard_settle(dashboard);
	EXPECT(dashboard, dashboard_table(dashboard, &first, &last));
	int row = dashboard_selected_row(dashboard);
	char text[400];
	EXPECT(dashboard, row > first + 1);
	snprintf(text, sizeof(text), "%.40s", terminal_row(dashboard->terminal, row));
	dashboard_press(dashboard, "))))))))))))R");
	EXPECT_NO_TEXT(dashboard, "playing");
	dashboard_settle(dashboard);
	row = dashboard_selected_row(dashboard);
	EXPECT(dashboard, row > 0);
	assert_memory_equal(text, terminal_row(dashboard->terminal, row), strlen(text));
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
		DASHBOARD_TEST(events_of_one_time_are_steps),
		DASHBOARD_TEST(the_cursor_stays_while_it_plays),
		DASHBOARD_TEST(the_time_is_said),
		DASHBOARD_TEST(pages_follow),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
