/* SPDX-License-Identifier: Apache-2.0 */
/* The terminal is restored however the dashboard ends or stops. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "tests/support/dashboard.h"
#include "tests/support/sample.h"

static void expect_clean(struct dashboard *dashboard, const char *way)
{
	char why[200];

	if (!terminal_is_clean(dashboard->terminal, why, sizeof(why))) {
		printf("# after %s: %s\n", way, why);
		dashboard_fail(dashboard, "a clean terminal", __FILE__, __LINE__);
	}
}

static void keys_end_it(void **test_state)
{
	static const char *const keys[] = {
		"q",       "<F10>",         ":q<Enter>", ":quit<Enter>", "yq",
		"?<Esc>q", "/cart<Enter>q", "pq",        "<Tab>q",       "<Enter>q",
	};
	struct dashboard *dashboard = *test_state;

	dashboard_create_sample(dashboard, "shop.jsonl", 5);
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		dashboard_open(dashboard, "shop.jsonl");
		dashboard_press(dashboard, keys[i]);
		if (!terminal_wait_exit(dashboard->terminal, DASHBOARD_TIMEOUT_MS))
			dashboard_fail(dashboard, keys[i], __FILE__, __LINE__);
		assert_int_equal(terminal_status(dashboard->terminal), 0);
		expect_clean(dashboard, keys[i]);
	}
}

static void signals_end_it(void **test_state)
{
	const struct {
		int number;
		bool is_crash; /* the signal itself ends the program */
	} signals[] = {{SIGTERM, false}, {SIGINT, false},  {SIGHUP, false},   {SIGSEGV, true},
		       {SIGABRT, true},  {SIGBUS, true},   {SIGFPE, true},    {SIGILL, true},
		       {SIGQUIT, true},  {SIGALRM, true},  {SIGUSR1, true},   {SIGUSR2, true},
		       {SIGPOLL, true},  {SIGPROF, true},  {SIGVTALRM, true}, {SIGPWR, true},
		       {SIGTRAP, true},  {SIGRTMIN, true}, {SIGRTMAX, true}};
	struct dashboard *dashboard = *test_state;

	dashboard_create_sample(dashboard, "shop.jsonl", 5);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		int status;

		dashboard_open(dashboard, "shop.jsonl");
		terminal_signal(dashboard->terminal, signals[i].number);
		if (!terminal_wait_exit(dashboard->terminal, DASHBOARD_TIMEOUT_MS))
			dashboard_fail(dashboard, strsignal(signals[i].number), __FILE__, __LINE__);
		status = terminal_status(dashboard->terminal);
		if (signals[i].is_crash && signals[i].number != SIGQUIT)
			EXPECT(dashboard, WIFSIGNALED(status) || WEXITSTATUS(status) != 0);
		else if (!signals[i].is_crash)
			EXPECT(dashboard, WIFEXITED(status));
		expect_clean(dashboard, strsignal(signals[i].number));
	}
}

static void control_c_ends_it(void **test_state)
{
	struct dashboard *dashboard = *test_state;

	dashboard_create_sample(dashboard, "shop.jsonl", 5);
	dashboard_open(dashboard, "shop.jsonl");
	dashboard_press(dashboard, "<C-c>");
	dashboard_expect_end(dashboard, 0);
}

static void closing_the_window_ends_it(void **test_state)
{
	struct dashboard *dashboard = *test_state;

	dashboard_create_sample(dashboard, "shop.jsonl", 5);
	dashboard_open(dashboard, "shop.jsonl");
	terminal_hang_up(dashboard->terminal);
	EXPECT(dashboard, terminal_wait_exit(dashboard->terminal, DASHBOARD_TIMEOUT_MS));
}

/* Under nohup(1), SIGHUP does not end the dashboard. */
static void a_terminal_that_is_gone_ends_it(void **test_state)
{
	struct dashboard *dashboard = *test_state;

	dashboard_create_sample(dashboard, "shop.jsonl", 5);
	signal(SIGHUP, SIG_IGN);
	dashboard_open(dashboard, "shop.jsonl");
	signal(SIGHUP, SIG_DFL);
	terminal_hang_up(dashboard->terminal);
	EXPECT(dashboard, terminal_wait_exit(dashboard->terminal, DASHBOARD_TIMEOUT_MS));
}

static bool recording_has(struct terminal *terminal, void *data)
{
	struct dashboard *dashboard = data;
	char *text = dashboard_read(dashboard, "copy.jsonl");
	bool found = text && strstr(text, "\"dport\":10499");

	(void)terminal;
	free(text);
	return found;
}

/* If the terminal takes no output, records are still recorded, and signals still end the
 * dashboard. */
static void a_terminal_that_takes_nothing_stops_nothing(void **test_state)
{
	static const struct dashboard_options options = {
		.arguments = {"--host", "-i", "-", "--record", "copy.jsonl"}, .fed = true};
	struct dashboard *dashboard = *test_state;

	dashboard_start(dashboard, &options);
	EXPECT_TEXT(dashboard, "Connections");
	dashboard_settle(dashboard);
	terminal_stop_output(dashboard->terminal);
	for (unsigned int i = 0; i < 10; i++) {
		dashboard_press(dashboard, "jkw");
		dashboard_feed_numbered(dashboard, 50 * i, 50 * (i + 1));
	}
	EXPECT_SOON(dashboard, recording_has, dashboard);
	EXPECT(dashboard, !terminal_shows(dashboard->terminal, "10499"));
	terminal_signal(dashboard->terminal, SIGTERM);
	EXPECT(dashboard, terminal_wait_exit(dashboard->terminal, DASHBOARD_TIMEOUT_MS));
	EXPECT(dashboard, terminal_status(dashboard->terminal) == 0);
}

/* Keys act on the rows that the screen would show, even if the terminal has not taken them. */
static void keys_act_while_nothing_is_drawn(void **test_state)
{
	struct dashboard *dashboard = *test_state;

	dashboard_create_sample(dashboard, "shop.jsonl", 5);
	dashboard_open(dashboard, "shop.jsonl");
	terminal_stop_output(dashboard->terminal);
	/* Each of these changes arrives alone. The program waits for more keys after Escape. */
	dashboard_press(dashboard, "jk<Esc>");
	dashboard_press(dashboard, "/port:10003<Enter>");
	terminal_wait_quiet(dashboard->terminal, 200, DASHBOARD_TIMEOUT_MS);
	dashboard_press(dashboard, "g");
	terminal_wait_quiet(dashboard->terminal, 200, DASHBOARD_TIMEOUT_MS);
	dashboard_press(dashboard, "<Enter>");
	terminal_wait_quiet(dashboard->terminal, 200, DASHBOARD_TIMEOUT_MS);
	terminal_resume_output(dashboard->terminal);
	EXPECT_TEXT(dashboard, "port 10003 ");
	dashboard_press(dashboard, "<Esc>");
	dashboard_quit(dashboard);
}

static void stopping_gives_the_terminal_back(void **test_state)
{
	struct dashboard *dashboard = *test_state;

	dashboard_create_sample(dashboard, "shop.jsonl", 5);
	dashboard_open(dashboard, "shop.jsonl");
	for (int i = 0; i < 2; i++) {
		if (i == 0)
			dashboard_press(dashboard, "<C-z>");
		else
			terminal_signal(dashboard->terminal, SIGTSTP);
		EXPECT(dashboard, terminal_wait_stop(dashboard->terminal, DASHBOARD_TIMEOUT_MS));
		EXPECT(dashboard, terminal_status(dashboard->terminal) == -1);
		dashboard_settle(dashboard);
		expect_clean(dashboard, "stopping");
		/* The size of the window may change while the dashboard is stopped. */
		terminal_resize(dashboard->terminal, i ? 24 : 30, i ? 80 : 100);
		terminal_foreground(dashboard->terminal);
		EXPECT_TEXT(dashboard, "Policy");
		EXPECT(dashboard, terminal_modes(dashboard->terminal)->alternate_screen);
		dashboard_settle(dashboard);
		/* The last row is in use, so the dashboard has noticed the new size. */
		EXPECT(dashboard, *terminal_row(dashboard->terminal, i ? 23 : 29));
	}
	dashboard_press(dashboard, "/curl");
	/* The filter applies before Enter is pressed. This shows that the dashboard has turned off
	 * the terminal's line buffering again. */
	EXPECT_NO_TEXT(dashboard, "10003");
	dashboard_press(dashboard, "<Esc>");
	EXPECT_TEXT(dashboard, "1000");
	dashboard_quit(dashboard);
}

static void signals_while_stopped_leave_it_clean(void **test_state)
{
	struct dashboard *dashboard = *test_state;

	dashboard_create_sample(dashboard, "shop.jsonl", 5);
	dashboard_open(dashboard, "shop.jsonl");
	dashboard_press(dashboard, "<C-z>");
	EXPECT(dashboard, terminal_wait_stop(dashboard->terminal, DASHBOARD_TIMEOUT_MS));
	terminal_signal(dashboard->terminal, SIGTERM);
	terminal_signal(dashboard->terminal, SIGCONT);
	EXPECT(dashboard, terminal_wait_exit(dashboard->terminal, DASHBOARD_TIMEOUT_MS));
	expect_clean(dashboard, "SIGTERM while stopped");
}

static void every_terminal_is_left_clean(void **test_state)
{
	static const char *const terms[] = {"xterm-256color", "xterm-direct", "screen",
					    "tmux-256color",  "linux",        "vt100"};
	struct dashboard *dashboard = *test_state;

	dashboard_create_sample(dashboard, "shop.jsonl", 5);
	for (size_t i = 0; i < sizeof(terms) / sizeof(*terms); i++) {
		for (int language = 0; language < 2; language++) {
			const struct dashboard_options options = {
				.arguments = {"--host", "-i", "shop.jsonl"},
				.term = terms[i],
				.language = language ? "C" : "C.UTF-8"};
			const char *output;
			size_t length = 0;

			dashboard_start(dashboard, &options);
			EXPECT_TEXT(dashboard, "Policy");
			EXPECT_TEXT(dashboard, "refused");
			dashboard_settle(dashboard);
			dashboard_press(dashboard, "jjy?<Esc>y/cart<Enter><Esc>");
			dashboard_settle(dashboard);
			EXPECT(dashboard, terminal_shows(dashboard->terminal, "Connections"));
			dashboard_press(dashboard, "q");
			EXPECT(dashboard,
			       terminal_wait_exit(dashboard->terminal, DASHBOARD_TIMEOUT_MS));
			expect_clean(dashboard, terms[i]);
			/* Without UTF-8 the output is ASCII only. */
			output = terminal_output(dashboard->terminal, &length);
			for (size_t j = 0; language && j < length; j++)
				if ((unsigned char)output[j] >= 0x80)
					dashboard_fail(dashboard, terms[i], __FILE__, __LINE__);
		}
	}
}

static void without_utf8_it_can_still_be_read(void **test_state)
{
	static const struct dashboard_options options = {
		.arguments = {"--host", "-i", "shop.jsonl"}, .language = "C"};
	struct dashboard *dashboard = *test_state;

	dashboard_create_sample(dashboard, "shop.jsonl", 0);
	dashboard_start(dashboard, &options);
	EXPECT_TEXT(dashboard, "Connections");
	EXPECT_TEXT(dashboard, "refused");
	dashboard_settle(dashboard);
	EXPECT(dashboard, terminal_shows(dashboard->terminal, "hanging"));
	EXPECT(dashboard, terminal_shows(dashboard->terminal, "> db-0"));
	EXPECT(dashboard, terminal_shows(dashboard->terminal, "< front-5f7"));
	EXPECT(dashboard, !terminal_shows(dashboard->terminal, "?? "));
	dashboard_quit(dashboard);
}

static void unknown_terminal_is_said(void **test_state)
{
	static const char *const terms[] = {"no-such-terminal", "dumb"};
	struct dashboard *dashboard = *test_state;

	dashboard_create_sample(dashboard, "shop.jsonl", 0);
	for (size_t i = 0; i < sizeof(terms) / sizeof(*terms); i++) {
		const struct dashboard_options options = {
			.arguments = {"--host", "-i", "shop.jsonl"}, .term = terms[i]};

		dashboard_start(dashboard, &options);
		EXPECT(dashboard, terminal_wait_exit(dashboard->terminal, DASHBOARD_TIMEOUT_MS));
		EXPECT(dashboard, WIFEXITED(terminal_status(dashboard->terminal)));
		EXPECT(dashboard, WEXITSTATUS(terminal_status(dashboard->terminal)) == 3);
		EXPECT(dashboard, terminal_shows(dashboard->terminal, terms[i]));
		expect_clean(dashboard, terms[i]);
	}
}

static void full_disk_is_said(void **test_state)
{
	const struct dashboard_options options = {
		.arguments = {"--host", "-i", "shop.jsonl", "--record", "/dev/full"}};
	struct dashboard *dashboard = *test_state;

	dashboard_create_sample(dashboard, "shop.jsonl", 0);
	dashboard_start(dashboard, &options);
	EXPECT(dashboard, terminal_wait_exit(dashboard->terminal, DASHBOARD_TIMEOUT_MS));
	EXPECT(dashboard, WIFEXITED(terminal_status(dashboard->terminal)));
	EXPECT(dashboard, WEXITSTATUS(terminal_status(dashboard->terminal)) == 4);
	EXPECT(dashboard,
	       terminal_shows(dashboard->terminal, "--record /dev/full: No space left on device"));
	expect_clean(dashboard, "a full disk");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		DASHBOARD_TEST(keys_end_it),
		DASHBOARD_TEST(signals_end_it),
		DASHBOARD_TEST(control_c_ends_it),
		DASHBOARD_TEST(closing_the_window_ends_it),
		DASHBOARD_TEST(a_terminal_that_is_gone_ends_it),
		DASHBOARD_TEST(a_terminal_that_takes_nothing_stops_nothing),
		DASHBOARD_TEST(keys_act_while_nothing_is_drawn),
		DASHBOARD_TEST(stopping_gives_the_terminal_back),
		DASHBOARD_TEST(signals_while_stopped_leave_it_clean),
		DASHBOARD_TEST(every_terminal_is_left_clean),
		DASHBOARD_TEST(without_utf8_it_can_still_be_read),
		DASHBOARD_TEST(unknown_terminal_is_said),
		DASHBOARD_TEST(full_disk_is_said),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
