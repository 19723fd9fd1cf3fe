/* SPDX-License-Identifier: Apache-2.0 */
/* Tests keys that act everywhere, and the message for keys that do nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/base64.h"
#include "tests/support/dashboard.h"
#include "tests/support/sample.h"

static void unbound_keys_answer(void **test_state)
{
	static const struct {
		const char *keys;
		const char *answer;
	} cases[] = {
		{"d", "d does nothing here: ? help"},
		{"<C-a>", "Ctrl-A does nothing here: ? help"},
		{"<F5>", "F5 does nothing here: ? help"},
		{"?c", "c does nothing here: ? help"},
	};
	struct dashboard *dashboard = *test_state;

	dashboard_create_sample(dashboard, "shop.jsonl", 5);
	dashboard_open(dashboard, "shop.jsonl");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		dashboard_press(dashboard, cases[i].keys);
		EXPECT_TEXT(dashboard, cases[i].answer);
	}
	dashboard_press(dashboard, "<Esc>");
	dashboard_quit(dashboard);
}

static void digits_focus_panes(void **test_state)
{
	struct dashboard *dashboard = *test_state;

	dashboard_create_sample(dashboard, "shop.jsonl", 5);
	dashboard_open(dashboard, "shop.jsonl");
	/* In the zoom, only the focused pane is shown. */
	dashboard_press(dashboard, "3z");
	EXPECT_NO_TEXT(dashboard, "Connections");
	dashboard_press(dashboard, "2");
	EXPECT_TEXT(dashboard, "Summary");
	dashboard_press(dashboard, "1");
	EXPECT_TEXT(dashboard, "Connections");
	dashboard_quit(dashboard);
}

static void enlarging_goes_round(void **test_state)
{
	struct dashboard *dashboard = *test_state;

	dashboard_create_sample(dashboard, "shop.jsonl", 5);
	dashboard_open(dashboard, "shop.jsonl");
	int usual = dashboard_title_row(dashboard, "Summary");
	dashboard_press(dashboard, "v");
	EXPECT_TEXT(dashboard, "the connections are large");
	EXPECT(dashboard, dashboard_title_row(dashboard, "Summary") > usual);
	dashboard_press(dashboard, "v");
	EXPECT_TEXT(dashboard, "the summary is large");
	EXPECT(dashboard, dashboard_title_row(dashboard, "Summary") < usual);
	dashboard_press(dashboard, "vv");
	EXPECT_TEXT(dashboard, "usual size");
	EXPECT(dashboard, dashboard_title_row(dashboard, "Summary") == usual);
	dashboard_quit(dashboard);
}

static void dash_goes_back_and_forth(void **test_state)
{
	struct dashboard *dashboard = *test_state;

	dashboard_create_sample(dashboard, "shop.jsonl", 5);
	dashboard_open(dashboard, "shop.jsonl");
	dashboard_press(dashboard, "-");
	EXPECT_TEXT(dashboard, "no page was open before");
	dashboard_press(dashboard, "D");
	EXPECT_TEXT(dashboard, "DNS look-ups");
	dashboard_press(dashboard, "-");
	EXPECT_TEXT(dashboard, "Connections");
	dashboard_press(dashboard, "-");
	EXPECT_TEXT(dashboard, "DNS look-ups");
	dashboard_press(dashboard, "<Esc>");
	EXPECT_TEXT(dashboard, "Connections");
	dashboard_quit(dashboard);
}

/* [ and ] go through pages and filters. A key that leads elsewhere ends the views after it. */
static void brackets_go_through_the_views(void **test_state)
{
	struct dashboard *dashboard = *test_state;

	dashboard_create_sample(dashboard, "shop.jsonl", 5);
	dashboard_open(dashboard, "shop.jsonl");
	dashboard_press(dashboard, "[");
	EXPECT_TEXT(dashboard, "there is no view before this one");
	dashboard_press(dashboard, "/port:10003<Enter>");
	EXPECT_TEXT(dashboard, "Connections 1 of 9");
	dashboard_press(dashboard, "D");
	EXPECT_TEXT(dashboard, "DNS look-ups");
	dashboard_press(dashboard, "<Esc><Esc>!");
	EXPECT_TEXT(dashboard, "problems");
	dashboard_press(dashboard, "[[[");
	EXPECT_TEXT(dashboard, "view 3 of 6");
	EXPECT_TEXT(dashboard, "DNS look-ups");
	dashboard_press(dashboard, "[");
	EXPECT_TEXT(dashboard, "Connections 1 of 9");
	dashboard_press(dashboard, "[");
	EXPECT_TEXT(dashboard, "view 1 of 6");
	EXPECT_TEXT(dashboard, "Connections 9");
	dashboard_press(dashboard, "]]");
	EXPECT_TEXT(dashboard, "DNS look-ups");
	dashboard_press(dashboard, "<Esc>");
	EXPECT_TEXT(dashboard, "Connections 1 of 9");
	/* Directly after Esc, a ] may be the terminal's answer to the question at the start. */
	dashboard_press(dashboard, "j]");
	EXPECT_TEXT(dashboard, "there is no view after this one");
	dashboard_quit(dashboard);
}

/* Esc returns page by page, also where the pages are of one kind. */
static void escape_returns_page_by_page(void **test_state)
{
	struct dashboard *dashboard = *test_state;

	dashboard_create_sample(dashboard, "shop.jsonl", 5);
	dashboard_open(dashboard, "shop.jsonl");
	dashboard_press(dashboard, "/port:10003<Enter>j<Enter>");
	EXPECT_TEXT(dashboard, "Times and bytes");
	dashboard_press(dashboard, "i");
	EXPECT_TEXT(dashboard, "The last minute");
	dashboard_press(dashboard, "?");
	EXPECT_TEXT(dashboard, "Help");
	dashboard_press(dashboard, "<Esc>");
	EXPECT_TEXT(dashboard, "The last minute");
	dashboard_press(dashboard, "<Esc>");
	EXPECT_TEXT(dashboard, "Times and bytes");
	dashboard_press(dashboard, "<Esc>");
	EXPECT_TEXT(dashboard, "Connections 1 of 9");
	dashboard_quit(dashboard);
}

/* Expects that the program has sent this text to the clipboard last. */
static void expect_copied(struct dashboard *dashboard, const char *text)
{
	static const char start[] = "\033]52;c;";
	const char *output;
	const char *last = NULL;
	size_t length = 0;
	size_t position = 0;
	char *copied = NULL;
	char encoded[512];

	dashboard_settle(dashboard);
	output = terminal_output(dashboard->terminal, &length);
	for (const char *at = output; (at = strstr(at, start)); at++)
		last = at + strlen(start);
	EXPECT(dashboard, last && strcspn(last, "\033") < sizeof(encoded));
	memcpy(encoded, last, strcspn(last, "\033"));
	encoded[strcspn(last, "\033")] = '\0';
	assert_int_equal(base64_decode(encoded, &copied, &length, &position), 0);
	assert_string_equal(copied, text);
	free(copied);
}

static void copying_sends_the_selection(void **test_state)
{
	struct dashboard *dashboard = *test_state;

	dashboard_create_sample(dashboard, "shop.jsonl", 5);
	dashboard_open(dashboard, "shop.jsonl");
	dashboard_press(dashboard, "/port:10003<Enter>j");
	dashboard_settle(dashboard);
	dashboard_press(dashboard, "Y");
	EXPECT_TEXT(dashboard, "sent to the terminal's clipboard: 198.51.100.22");
	expect_copied(dashboard, "198.51.100.22");
	dashboard_press(dashboard, ":copy nothing<Enter>");
	EXPECT_TEXT(dashboard, "copy what: address, row, tcpdump, ss or yaml");
	dashboard_press(dashboard, ":copy tcpdump<Enter>");
	EXPECT_TEXT(dashboard, "clipboard: tcp and host ");
	expect_copied(dashboard, "tcp and host 198.51.100.22 and port 10003 and port 40103");
	dashboard_quit(dashboard);
}

/* Y copies the marked rows, x leaves all their destinations out, and M forgets the marks. */
static void keys_act_on_marked_rows(void **test_state)
{
	struct dashboard *dashboard = *test_state;

	dashboard_create_sample(dashboard, "shop.jsonl", 5);
	dashboard_open(dashboard, "shop.jsonl");
	dashboard_press(dashboard, "M");
	EXPECT_TEXT(dashboard, "no row was marked");
	dashboard_press(dashboard, "/port:10000-10004<Enter>gmjm");
	EXPECT_TEXT(dashboard, "2 marked");
	EXPECT_TEXT(dashboard, "✓");
	dashboard_press(dashboard, ":copy row<Enter>");
	EXPECT_TEXT(dashboard, "clipboard: 2 of 2 marked connections");
	expect_copied(dashboard, "shop/" SAMPLE_POD " -> 198.51.100.22:10004/tcp\n"
				 "shop/" SAMPLE_POD " -> 198.51.100.22:10002/tcp");
	/* Both rows have one address. */
	dashboard_press(dashboard, "Y");
	EXPECT_TEXT(dashboard, "2 of 2 marked");
	expect_copied(dashboard, "198.51.100.22");
	dashboard_press(dashboard, "x");
	EXPECT_TEXT(dashboard, "2 destinations of marked connections left out");
	EXPECT_TEXT(dashboard, "left out by you");
	dashboard_press(dashboard, "X");
	EXPECT_TEXT(dashboard, "2 destinations of marked connections brought back");
	/* A second m removes the mark. */
	dashboard_press(dashboard, "gm");
	EXPECT_TEXT(dashboard, "1 marked");
	dashboard_press(dashboard, "M");
	EXPECT_NO_TEXT(dashboard, "marked ");
	dashboard_quit(dashboard);
}

/* Keys leave out marked rows that a filter hides, and say so. */
static void hidden_marked_rows_are_left_alone(void **test_state)
{
	struct dashboard *dashboard = *test_state;

	dashboard_create_sample(dashboard, "shop.jsonl", 5);
	dashboard_open(dashboard, "shop.jsonl");
	dashboard_press(dashboard, "/port:10000-10004<Enter>gmjm");
	EXPECT_TEXT(dashboard, "2 marked");
	dashboard_press(dashboard, "/<C-u>port:10004<Enter>:copy row<Enter>");
	EXPECT_TEXT(dashboard, "1 of 2 marked connections (without 1");
	expect_copied(dashboard, "shop/" SAMPLE_POD " -> 198.51.100.22:10004/tcp");
	dashboard_press(dashboard, "x");
	EXPECT_TEXT(dashboard,
		    "1 destination of marked connections left out of the draft (without 1");
	dashboard_press(dashboard, "/<C-u>port:10000<Enter>X");
	EXPECT_TEXT(dashboard, "no marked row is shown");
	dashboard_press(dashboard, "Y");
	EXPECT_TEXT(dashboard, "no marked row is shown");
	dashboard_press(dashboard, "/<C-u><Enter>");
	EXPECT_TEXT(dashboard, "1 left out by you");
	dashboard_press(dashboard, "M");
	EXPECT_TEXT(dashboard, "the marks are removed");
	dashboard_quit(dashboard);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		DASHBOARD_TEST(unbound_keys_answer),
		DASHBOARD_TEST(digits_focus_panes),
		DASHBOARD_TEST(enlarging_goes_round),
		DASHBOARD_TEST(dash_goes_back_and_forth),
		DASHBOARD_TEST(brackets_go_through_the_views),
		DASHBOARD_TEST(escape_returns_page_by_page),
		DASHBOARD_TEST(copying_sends_the_selection),
		DASHBOARD_TEST(keys_act_on_marked_rows),
		DASHBOARD_TEST(hidden_marked_rows_are_left_alone),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
