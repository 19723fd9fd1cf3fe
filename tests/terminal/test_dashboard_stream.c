/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The dashboard while records arrive: pausing, following, selecting, and sources that end or fail.
 */
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
#include "tests/support/sample.h"

#define PORTS_MAX 64

static const struct dashboard_options fed = {.arguments = {"--host", "-i", "-"}, .fed = true};

/*
 * Starts with identities and `count` numbered connections on the standard input, which stays open.
 */
static void start_fed(struct dashboard *dashboard, unsigned int count)
{
	char *text = NULL;
	size_t length = 0;
	FILE *lines = open_memstream(&text, &length);
	char title[32];

	assert_non_null(lines);
	sample_write_identities(lines);
	fclose(lines);
	dashboard_start(dashboard, &fed);
	assert_int_equal(write(dashboard->feed, text, length), length);
	free(text);
	dashboard_feed_numbered(dashboard, 0, count);
	snprintf(title, sizeof(title), "Connections %u", count);
	EXPECT_TEXT(dashboard, "Connections");
	EXPECT_TEXT(dashboard, title);
}

static const char *connections_title(struct dashboard *dashboard)
{
	int row = dashboard_title_row(dashboard, "Connections");

	return row < 0 ? "" : terminal_row(dashboard->terminal, row);
}

struct title_question {
	struct dashboard *dashboard;
	const char *text;
};

static bool title_has(struct terminal *terminal, void *data)
{
	const struct title_question *question = data;

	(void)terminal;
	return strstr(connections_title(question->dashboard), question->text) != NULL;
}

static void expect_title(struct dashboard *dashboard, const char *text)
{
	struct title_question question = {dashboard, text};

	EXPECT_SOON(dashboard, title_has, &question);
}

/* Returns all texts of the connections pane below its title, joined. */
static char *table_text(struct dashboard *dashboard)
{
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);
	int first = 0;
	int last = -1;

	assert_non_null(out);
	EXPECT(dashboard, dashboard_table(dashboard, &first, &last));
	for (int row = first; row <= last; row++)
		fprintf(out, "%s\n", terminal_row(dashboard->terminal, row));
	fclose(out);
	return text;
}

static void keys_come_from_the_terminal_while_records_come_from_a_pipe(void **test_state)
{
	struct dashboard *dashboard = *test_state;

	start_fed(dashboard, 3);
	dashboard_feed_numbered(dashboard, 3, 4);
	EXPECT_TEXT(dashboard, "10003");
	dashboard_press(dashboard, "/10001");
	EXPECT_NO_TEXT(dashboard, "10003");
	dashboard_press(dashboard, "<Esc>");
	EXPECT_TEXT(dashboard, "10003");
	dashboard_quit(dashboard);
}

static void pause_holds_the_rows_and_loses_nothing(void **test_state)
{
	struct dashboard *dashboard = *test_state;
	unsigned int ports[PORTS_MAX];
	char *before;
	char *paused;

	start_fed(dashboard, 5);
	dashboard_press(dashboard, "p");
	EXPECT_TEXT(dashboard, "paused");
	dashboard_settle(dashboard);
	before = table_text(dashboard);
	dashboard_feed_numbered(dashboard, 5, 47);
	expect_title(dashboard, "+42");
	/* The numbers of the header change, and say so. */
	EXPECT_TEXT(dashboard, "live ");
	EXPECT_TEXT(dashboard, "47 open");
	paused = table_text(dashboard);
	assert_string_equal(before, paused);
	free(before);
	free(paused);
	dashboard_press(dashboard, "p");
	EXPECT_NO_TEXT(dashboard, "paused");
	EXPECT_NO_TEXT(dashboard, "live ");
	expect_title(dashboard, "Connections 47");
	/* No connection is lost: the filter finds all that arrived during the pause. */
	dashboard_press(dashboard, "/port:10040-10046<Enter>");
	expect_title(dashboard, "7 of 47");
	EXPECT(dashboard, dashboard_ports(dashboard, ports, PORTS_MAX) > 0);
	EXPECT(dashboard, strstr(terminal_row(dashboard->terminal, 0), "lost 0"));
	dashboard_quit(dashboard);
}

/* Filter, sort, order, problems and closed connections apply to the rows as they were at the
 * pause. */
static void keys_work_on_paused_rows(void **test_state)
{
	struct dashboard *dashboard = *test_state;
	unsigned int ports[PORTS_MAX];

	start_fed(dashboard, 9);
	dashboard_press(dashboard, "p");
	EXPECT_TEXT(dashboard, "paused");
	dashboard_feed_numbered(dashboard, 9, 20);
	expect_title(dashboard, "+11");
	dashboard_press(dashboard, "/port:10003-10012<Enter>");
	expect_title(dashboard, "6 of");
	dashboard_settle(dashboard);
	EXPECT(dashboard, dashboard_ports(dashboard, ports, PORTS_MAX) > 0 && ports[0] == 10008);
	expect_title(dashboard, "+4");
	dashboard_press(dashboard, "I");
	dashboard_settle(dashboard);
	EXPECT(dashboard, dashboard_ports(dashboard, ports, PORTS_MAX) > 0 && ports[0] == 10003);
	dashboard_press(dashboard, "I<Esc>");
	expect_title(dashboard, "+11");
	dashboard_press(dashboard, ">>>>>");
	EXPECT_TEXT(dashboard, "by ");
	dashboard_press(dashboard, "SSSSS!");
	EXPECT_TEXT(dashboard, "no problems");
	dashboard_press(dashboard, "!");
	expect_title(dashboard, "Connections 9 paused +11");
	dashboard_quit(dashboard);
}

static void pause_bears_a_flood(void **test_state)
{
	struct dashboard *dashboard = *test_state;

	start_fed(dashboard, 5);
	dashboard_press(dashboard, "p");
	EXPECT_TEXT(dashboard, "paused");
	dashboard_feed_numbered(dashboard, 5, 6005);
	expect_title(dashboard, "+6,000");
	dashboard_press(dashboard, "p");
	expect_title(dashboard, "6,005");
	EXPECT(dashboard, strstr(terminal_row(dashboard->terminal, 0), "lost 0"));
	dashboard_quit(dashboard);
}

/* Returns the port on a row, or 0. */
static unsigned int port_on(struct dashboard *dashboard, int row)
{
	const char *text = row < 0 ? "" : terminal_row(dashboard->terminal, row);

	for (; *text; text++)
		if (*text == '1' && strspn(text, "0123456789") == 5)
			return (unsigned int)strtoul(text, NULL, 10);
	return 0;
}

static void selection_keeps_its_place(void **test_state)
{
	struct dashboard *dashboard = *test_state;
	unsigned int port;
	int row;

	start_fed(dashboard, 40);
	dashboard_press(dashboard, "gjj");
	dashboard_settle(dashboard);
	row = dashboard_selected_row(dashboard);
	port = port_on(dashboard, row);
	EXPECT(dashboard, port != 0);
	dashboard_feed_numbered(dashboard, 40, 52);
	expect_title(dashboard, "Connections 52");
	dashboard_settle(dashboard);
	EXPECT(dashboard, dashboard_selected_row(dashboard) == row);
	EXPECT(dashboard, port_on(dashboard, row) == port);
	/* The title counts the connections that arrived meanwhile. */
	expect_title(dashboard, "+12 new");
}

static bool newest_is_shown(struct terminal *terminal, void *data)
{
	(void)terminal;
	return dashboard_table_row(data, "10051") > 0;
}

static void follow_shows_the_newest(void **test_state)
{
	struct dashboard *dashboard = *test_state;

	start_fed(dashboard, 40);
	dashboard_press(dashboard, "gjjj"); /* the table does not follow new connections now */
	dashboard_feed_numbered(dashboard, 40, 50);
	expect_title(dashboard, "Connections 50");
	dashboard_press(dashboard, "F");
	dashboard_feed_numbered(dashboard, 50, 52);
	EXPECT_SOON(dashboard, newest_is_shown, dashboard);
	dashboard_quit(dashboard);
}

static void draft_grows_and_marks_what_is_new(void **test_state)
{
	struct dashboard *dashboard = *test_state;
	struct terminal_cell cell;
	int column = 0;
	int row;

	start_fed(dashboard, 1);
	dashboard_press(dashboard, "yG");
	EXPECT_TEXT(dashboard, "port: 10000");
	dashboard_settle(dashboard);
	dashboard_feed_numbered(dashboard, 1, 2);
	EXPECT_TEXT(dashboard, "2 of 2 allowed");
	dashboard_press(dashboard, "G");
	EXPECT_TEXT(dashboard, "port: 10001");
	row = terminal_find(dashboard->terminal, "port: 10001", 1, &column);
	EXPECT(dashboard, strstr(terminal_row(dashboard->terminal, row), "+"));
	terminal_cell(dashboard->terminal, row, column, &cell);
	EXPECT(dashboard, cell.foreground.kind != TERMINAL_COLOR_DEFAULT);
}

/* One row shows dropped packets of a hanging attempt, one a half-closed connection, and one a
 * connection that the peer reset. The page of the attempt also shows its dropped packets. */
static void rows_name_the_cause(void **test_state)
{
#define ROW(event, id, rest)                                                                \
	"{\"v\":1,\"kind\":\"flow\",\"event\":\"" event "\",\"ts\":\"2026-01-02T03:04:0" id \
	".0Z\",\"id\":\"000000000000000" id "\",\"protocol\":\"TCP\",\"family\":4," rest "}\n"
	static const char records[] = ROW("closed", "1",
					  "\"direction\":\"egress\",\"src\":\"192.0.2.10\","
					  "\"dst\":\"203.0.113.6\",\"dport\":443,"
					  "\"end\":\"reset_by_peer\",\"duration_ms\":9")
		ROW("open", "2",
		    "\"direction\":\"ingress\",\"src\":\"192.0.2.99\",\"dst\":\"192.0.2.10\","
		    "\"dport\":8080,\"state\":\"CLOSE_WAIT\"")
			ROW("dropped", "3",
			    "\"direction\":\"egress\",\"src\":\"192.0.2.10\",\"sport\":40001,"
			    "\"dst\":\"203.0.113.5\",\"dport\":8001,\"state\":\"SYN_SENT\","
			    "\"drop\":\"NETFILTER_DROP\",\"drops\":2,\"drop_place\":\"node\","
			    "\"drop_netns\":4026531840,\"drop_device\":\"veth12\"");
#undef ROW
	struct dashboard *dashboard = *test_state;

	dashboard_start(dashboard, &(struct dashboard_options){
					   .arguments = {"--host", "-i", "-"},
					   .fed = true,
					   .columns = 140,
				   });
	assert_int_equal(write(dashboard->feed, records, strlen(records)), strlen(records));
	EXPECT_TEXT(dashboard, "dropped");
	EXPECT_TEXT(dashboard, "NETFILTER_DROP 2x node veth12");
	EXPECT_TEXT(dashboard, "close-wait");
	EXPECT_TEXT(dashboard, "peer reset");
	dashboard_press(dashboard, "/dropped<Enter>");
	EXPECT_NO_TEXT(dashboard, "close-wait");
	dashboard_press(dashboard, "<Enter>");
	EXPECT_TEXT(dashboard, "Why?");
	EXPECT_TEXT(dashboard, "NETFILTER_DROP 2x node veth12");
	dashboard_quit(dashboard);
}

static void end_of_the_stream_is_told(void **test_state)
{
	struct dashboard *dashboard = *test_state;

	start_fed(dashboard, 3);
	close(dashboard->feed);
	dashboard->feed = -1;
	EXPECT_TEXT(dashboard, "end");
	/* The connections stay on the screen after the end. */
	EXPECT(dashboard, dashboard_table_row(dashboard, "10001") > 0);
	dashboard_quit(dashboard);
}

static void failing_command_is_reported(void **test_state)
{
	static const struct {
		const char *command;
		const char *told;
	} cases[] = {
		{"cat shop.jsonl; exit 3", "3"},
		{"cat shop.jsonl; kill -KILL $$", "ill"},
	};
	struct dashboard *dashboard = *test_state;

	dashboard_create_sample(dashboard, "shop.jsonl", 3);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct dashboard_options options = {
			.arguments = {"--exec", cases[i].command}};
		struct terminal_cell dot;
		int column = 0;
		int row;

		dashboard_start(dashboard, &options);
		EXPECT_TEXT(dashboard, "10001");
		EXPECT_TEXT(dashboard, "cat shop.jsonl");
		dashboard_settle(dashboard);
		row = terminal_find(dashboard->terminal, "cat shop.jsonl", 1, NULL);
		EXPECT(dashboard, row > 0);
		EXPECT(dashboard, strstr(terminal_row(dashboard->terminal, row), cases[i].told));
		/* The source's dot in the header is red. */
		EXPECT(dashboard, terminal_find(dashboard->terminal, "●", 0, &column) == 0 ||
					  terminal_find(dashboard->terminal, "✕", 0, &column) == 0);
		terminal_cell(dashboard->terminal, 0, column, &dot);
		EXPECT(dashboard, dashboard_is_red(&dot.foreground));
		EXPECT(dashboard, dashboard_table_row(dashboard, "10001") > 0);
		dashboard_press(dashboard, "q");
		EXPECT(dashboard, terminal_wait_exit(dashboard->terminal, DASHBOARD_TIMEOUT_MS));
	}
}

static void cut_off_recording_is_told(void **test_state)
{
	struct dashboard *dashboard = *test_state;
	FILE *file = dashboard_create(dashboard, "cut.jsonl");

	sample_write(file, 3);
	fprintf(file, "{\"v\":1,\"kind\":\"flow\",\"event\":\"att");
	fclose(file);
	dashboard_open(dashboard, "cut.jsonl");
	EXPECT_TEXT(dashboard, "cut.jsonl");
	EXPECT(dashboard, dashboard_table_row(dashboard, "10001") > 0);
	/* After polecat ends, the terminal still shows the reason. The exit status reports the
	 * failure to scripts. */
	dashboard_press(dashboard, "q");
	dashboard_expect_end(dashboard, 6);
	EXPECT_TEXT(dashboard, "in the middle of line");
}

static void missing_recording_never_touches_the_screen(void **test_state)
{
	static const struct dashboard_options options = {.arguments = {"-i", "nowhere.jsonl"}};
	struct dashboard *dashboard = *test_state;
	size_t length;

	dashboard_start(dashboard, &options);
	EXPECT_TEXT(dashboard, "nowhere.jsonl");
	EXPECT_TEXT(dashboard, "No such file");
	dashboard_expect_end(dashboard, 4);
	assert_null(strstr(terminal_output(dashboard->terminal, &length), "\033[?1049h"));
}

static void timeout_ends_it(void **test_state)
{
	static const struct dashboard_options options = {
		.arguments = {"--host", "-i", "-", "--timeout", "1"}, .fed = true};
	struct dashboard *dashboard = *test_state;

	dashboard_start(dashboard, &options);
	EXPECT_TEXT(dashboard, "Connections");
	dashboard_expect_end(dashboard, 0);
}

static void no_terminal_is_said(void **test_state)
{
	struct dashboard *dashboard = *test_state;
	char command[5000];
	FILE *pipe_file;
	char line[512] = "";
	int status;

	snprintf(command, sizeof(command), "setsid -w '%s' -i - </dev/null 2>&1 | cat",
		 dashboard->polecat);
	pipe_file = popen(command, "r");
	assert_non_null(pipe_file);
	assert_non_null(fgets(line, sizeof(line), pipe_file));
	status = pclose(pipe_file);
	assert_int_equal(status, 0); /* the status of cat */
	assert_non_null(strstr(line, "terminal"));
	assert_null(strchr(line, '\033'));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		DASHBOARD_TEST(keys_come_from_the_terminal_while_records_come_from_a_pipe),
		DASHBOARD_TEST(pause_holds_the_rows_and_loses_nothing),
		DASHBOARD_TEST(keys_work_on_paused_rows),
		DASHBOARD_TEST(pause_bears_a_flood),
		DASHBOARD_TEST(selection_keeps_its_place),
		DASHBOARD_TEST(follow_shows_the_newest),
		DASHBOARD_TEST(draft_grows_and_marks_what_is_new),
		DASHBOARD_TEST(rows_name_the_cause),
		DASHBOARD_TEST(end_of_the_stream_is_told),
		DASHBOARD_TEST(failing_command_is_reported),
		DASHBOARD_TEST(cut_off_recording_is_told),
		DASHBOARD_TEST(missing_recording_never_touches_the_screen),
		DASHBOARD_TEST(timeout_ends_it),
		DASHBOARD_TEST(no_terminal_is_said),
	};

	signal(SIGPIPE, SIG_IGN);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
