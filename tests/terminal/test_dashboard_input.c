/* SPDX-License-Identifier: Apache-2.0 */
/* The dashboard's input: reports of the mouse in pieces, and the keys of several terminals. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/support/dashboard.h"

/* These define macros with names that other headers use. */
#include <curses.h>
#include <term.h>

/* Longer than the longest gap between two bytes of a sequence from one piece. */
#define PIECE_MS 300

static const struct dashboard_options fed = {.arguments = {"--host", "-i", "-"}, .fed = true};

struct selection {
	struct dashboard *dashboard;
	int row;
};

static bool row_is_selected(struct terminal *terminal, void *data)
{
	const struct selection *selection = data;

	(void)terminal;
	return dashboard_selected_row(selection->dashboard) == selection->row;
}

static void expect_selected(struct dashboard *dashboard, int row)
{
	struct selection selection = {dashboard, row};

	EXPECT_SOON(dashboard, row_is_selected, &selection);
}

/* Starts with numbered connections on the standard input. Returns the first row of the table. */
static int start_fed(struct dashboard *dashboard)
{
	int first = 0;
	int last = 0;

	dashboard_start(dashboard, &fed);
	dashboard_feed_numbered(dashboard, 0, 5);
	EXPECT_TEXT(dashboard, "10004");
	dashboard_settle(dashboard);
	EXPECT(dashboard, dashboard_table(dashboard, &first, &last));
	return first;
}

static void send_text(struct dashboard *dashboard, const char *text)
{
	terminal_send(dashboard->terminal, text, strlen(text));
}

/* Reads output for some time. */
static void let_pass(struct dashboard *dashboard, int ms)
{
	for (int passed = 0; passed < ms; passed += 50) {
		usleep(50000);
		terminal_pump(dashboard->terminal, 0);
	}
}

static void half_a_report_stops_nothing(void **test_state)
{
	struct dashboard *dashboard = *test_state;
	int first = start_fed(dashboard);
	char rest[32];

	send_text(dashboard, "\033[<0;2");
	let_pass(dashboard, 1000);
	dashboard_feed_numbered(dashboard, 5, 6);
	EXPECT_TEXT(dashboard, "10005");
	/* The rest of the report clicks, and is no key: M would remove marks, 1 choose a pane. */
	snprintf(rest, sizeof(rest), "0;%dM", first + 3);
	send_text(dashboard, rest);
	expect_selected(dashboard, first + 2);
	/* The first byte of another sequence ends half a report. */
	send_text(dashboard, "\033[<0;1");
	let_pass(dashboard, PIECE_MS);
	dashboard_press(dashboard, "<Down>");
	expect_selected(dashboard, first + 3);
	dashboard_quit(dashboard);
}

static void a_signal_ends_it_after_half_a_report(void **test_state)
{
	struct dashboard *dashboard = *test_state;

	start_fed(dashboard);
	send_text(dashboard, "\033[<0;1");
	let_pass(dashboard, PIECE_MS);
	terminal_signal(dashboard->terminal, SIGTERM);
	dashboard_expect_end(dashboard, 0);
}

static void pieces_of_a_report_are_no_keys(void **test_state)
{
	struct dashboard *dashboard = *test_state;
	int first = start_fed(dashboard);
	char report[32];

	snprintf(report, sizeof(report), "\033[<0;20;%dM", first + 3);
	for (size_t cut = 1; cut < strlen(report); cut++) {
		dashboard_press(dashboard, "g");
		expect_selected(dashboard, first + 1);
		terminal_send(dashboard->terminal, report, cut);
		let_pass(dashboard, PIECE_MS);
		send_text(dashboard, report + cut);
		expect_selected(dashboard, first + 2);
		/* The release lets the next press be a click of its own. */
		let_pass(dashboard, 2 * PIECE_MS);
	}
	EXPECT(dashboard, terminal_shows(dashboard->terminal, "Connections"));
	dashboard_quit(dashboard);
}

/* A terminal without the protocol SGR sends three bytes, which may be letters. */
static void reports_of_old_terminals_click(void **test_state)
{
	struct dashboard *dashboard = *test_state;
	int first = start_fed(dashboard);
	char report[8];

	snprintf(report, sizeof(report), "\033[M k%c", first + 2 + 33);
	send_text(dashboard, report);
	expect_selected(dashboard, first + 2);
	dashboard_quit(dashboard);
}

/* Sends a key as the terminal's description names it. Returns false if it does not. */
static bool send_key(struct dashboard *dashboard, const char *name)
{
	char capability[16];
	const char *bytes;

	snprintf(capability, sizeof(capability), "%s", name);
	bytes = tigetstr(capability);
	if (!bytes || bytes == (const char *)-1)
		return false;
	send_text(dashboard, bytes);
	return true;
}

static void keys_of_each_terminal_work(void **test_state)
{
	static const char *const terms[] = {"xterm-256color", "xterm-direct", "screen",
					    "tmux-256color",  "linux",        "vt100"};
	struct dashboard *dashboard = *test_state;
	int first = 0;
	int last = 0;
	int found = 0;

	dashboard_create_sample(dashboard, "shop.jsonl", 5);
	for (size_t i = 0; i < sizeof(terms) / sizeof(*terms); i++) {
		const struct dashboard_options options = {
			.arguments = {"--host", "-i", "shop.jsonl"}, .term = terms[i]};

		dashboard_start(dashboard, &options);
		EXPECT_TEXT(dashboard, "10004");
		dashboard_settle(dashboard);
		EXPECT(dashboard, dashboard_table(dashboard, &first, &last));
		dashboard_press(dashboard, "g");
		expect_selected(dashboard, first + 1);
		assert_int_equal(setupterm(terms[i], STDOUT_FILENO, &found), OK);
		EXPECT(dashboard, send_key(dashboard, "kcud1"));
		expect_selected(dashboard, first + 2);
		EXPECT(dashboard, send_key(dashboard, "kcuu1"));
		expect_selected(dashboard, first + 1);
		/* The other mode of the cursor keys. */
		send_text(dashboard, "\033OB\033[B\033[A");
		expect_selected(dashboard, first + 2);
		EXPECT(dashboard, send_key(dashboard, "kf1"));
		EXPECT_TEXT(dashboard, "Moving");
		EXPECT(dashboard, send_key(dashboard, "kbs"));
		EXPECT_NO_TEXT(dashboard, "Moving");
		if (send_key(dashboard, "khome"))
			expect_selected(dashboard, first + 1);
		/* Alt-q does nothing. */
		send_text(dashboard, "\033q");
		send_text(dashboard, "j");
		expect_selected(dashboard, first + 2);
		del_curterm(cur_term);
		dashboard_quit(dashboard);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		DASHBOARD_TEST(half_a_report_stops_nothing),
		DASHBOARD_TEST(a_signal_ends_it_after_half_a_report),
		DASHBOARD_TEST(pieces_of_a_report_are_no_keys),
		DASHBOARD_TEST(reports_of_old_terminals_click),
		DASHBOARD_TEST(keys_of_each_terminal_work),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
