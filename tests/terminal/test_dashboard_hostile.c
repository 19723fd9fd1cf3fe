/* SPDX-License-Identifier: Apache-2.0 */
/* The watched workloads choose names. The terminal gets the bytes of these names escaped, and no
 * name shifts the frame. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/dashboard.h"
#include "tests/support/sample.h"

/* Program names as JSON text. The kernel limits them to 15 bytes, but a recording may contain any
 * text. */
static const char *const names[] = {
	"\\u001b]0;pwned\\u0007",
	"\\u001b[2J\\u001b[31mX",
	"a\\nb\\r\\nc\\td",
	"\\u202egnp.exe",
	"\\u2066iso\\u2069late",
	"\\u009b31mC1",
	"\\u0090q\\u009c",
	"\\u0007\\u0008\\u007f\\u0001x",
	"abcdefghijklmno",
	"猫猫猫猫猫",
	"e\\u0301\\u0301\\u0301\\u0301",
	"\\u200b\\u200d\\ufeff\\u00ad",
	"👩‍👩‍👧‍👦",
	"%s%n%1000d",
	"'\\\"`$(id)<&>",
	"\\ud83d\\ude00 ok",
	"this name is far longer than the sixteen bytes that the kernel would ever have given it",
};

/* Byte sequences that the output must never contain. */
static const char *const forbidden[] = {
	"\033]0",       "\033[2J\033[31mX", "pwned\a",  "a\nb",
	"\xe2\x80\xae", "\xe2\x81\xa6",     "\xc2\x9b", "\xc2\x90",
	"\xe2\x80\x8b", "\xef\xbb\xbf",     "\x07",
};

static void write_hostile(FILE *file)
{
	sample_write_identities(file);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const struct sample_flow flow = {
			.event = "attempt",
			.id = 900 + (unsigned int)i,
			.ms = 1000 + (unsigned int)i,
			.dst = "203.0.113.9",
			.dport = 10000 + (unsigned int)i,
			.state = "SYN_SENT",
			.comm = names[i],
		};

		sample_write_flow(file, &flow);
	}
	/* Names of pods and nodes and DNS names come from outside polecat, too. */
	fprintf(file,
		"{\"v\":1,\"kind\":\"flow\",\"event\":\"attempt\",\"ts\":\"2026-03-01T12:00:09Z\","
		"\"id\":"
		"\"00000000000000ff\",\"node\":\"n\\u001b]0;pwned\\u0007\",\"direction\":"
		"\"egress\","
		"\"protocol\":\"TCP\",\"family\":4,\"src\":\"198.51.100.5\",\"sport\":40001,"
		"\"dst\":"
		"\"203.0.113.7\",\"dport\":10090,\"comm\":\"x\",\"pid\":1,\"namespace\":\"n\\u001b["
		"2J\","
		"\"pod\":\"p\\u202e\\u001b]0;pwned\\u0007\",\"container\":\"c\\n\\u009b31m\","
		"\"dns\":\"\\u001b]0;pwned\\u0007.example.com\","
		"\"peer\":{\"kind\":\"pod\",\"namespace\":\"\\u202e\",\"name\":\"\\u001b[2J\"}}\n");
}

/* The frame's right edge is in the last column on every row of the panes. */
static void expect_straight_frame(struct dashboard *dashboard)
{
	int columns = terminal_columns(dashboard->terminal);
	int top = dashboard_title_row(dashboard, "Connections");
	int bottom = terminal_rows(dashboard->terminal) - 2;

	if (terminal_rows(dashboard->terminal) < 16)
		return; /* small windows have no frame */
	EXPECT(dashboard, top > 0);
	for (int row = top; row <= bottom; row++) {
		struct terminal_cell cell;

		terminal_cell(dashboard->terminal, row, columns - 1, &cell);
		if (!strstr("│┐┘┤┃█▐", cell.text) || cell.text[0] == ' ') {
			printf("# row %d has no edge\n", row);
			dashboard_fail(dashboard, "a frame around the pane", __FILE__, __LINE__);
		}
	}
}

static void expect_harmless(struct dashboard *dashboard)
{
	size_t length = 0;
	const char *output = terminal_output(dashboard->terminal, &length);

	for (size_t i = 0; i < sizeof(forbidden) / sizeof(*forbidden); i++) {
		if (memmem(output, length, forbidden[i], strlen(forbidden[i]))) {
			printf("# sequence %zu of the forbidden ones went out\n", i);
			dashboard_fail(dashboard, "harmless output", __FILE__, __LINE__);
		}
	}
	/* The question for the terminal's background is the only one. */
	EXPECT(dashboard, terminal_string_count(dashboard->terminal) == 1);
}

static void hostile_names_are_escaped(void **test_state)
{
	static const int sizes[][2] = {{24, 80}, {60, 200}, {12, 40}};
	struct dashboard *dashboard = *test_state;
	FILE *file = dashboard_create(dashboard, "hostile.jsonl");

	write_hostile(file);
	fclose(file);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		const struct dashboard_options options = {
			.arguments = {"--host", "-i", "hostile.jsonl"},
			.rows = sizes[i][0],
			.columns = sizes[i][1]};

		dashboard_start(dashboard, &options);
		EXPECT_TEXT(dashboard, "hanging");
		dashboard_settle(dashboard);
		dashboard_press(dashboard, "g");
		/* Each row is selected once, so that its destinations and its draft are shown. */
		for (size_t j = 0; j < sizeof(names) / sizeof(*names) + 1; j++) {
			dashboard_settle(dashboard);
			expect_straight_frame(dashboard);
			dashboard_press(dashboard, "j");
		}
		dashboard_press(dashboard, "<Enter>");
		dashboard_settle(dashboard);
		dashboard_press(dashboard, "<Esc>y");
		dashboard_settle(dashboard);
		dashboard_press(dashboard, "e");
		dashboard_settle(dashboard);
		dashboard_press(dashboard, "<Esc>");
		expect_harmless(dashboard);
		dashboard_settle(dashboard);
		dashboard_quit(dashboard);
		expect_harmless(dashboard);
	}
}

static void hostile_names_do_not_name_files(void **test_state)
{
	struct dashboard *dashboard = *test_state;
	FILE *file = dashboard_create(dashboard, "path.jsonl");
	int row;

	sample_write_identities(file);
	fprintf(file, "{\"v\":1,\"kind\":\"flow\",\"event\":\"established\",\"ts\":\"2026-03-01T12:"
		      "00:09Z\",\"id\":"
		      "\"00000000000000ff\",\"node\":\"n\",\"direction\":\"egress\","
		      "\"protocol\":\"TCP\",\"family\":4,\"src\":\"198.51.100.5\",\"sport\":40001,"
		      "\"dst\":"
		      "\"203.0.113.7\",\"dport\":10090,\"comm\":\"../../../etc/x\",\"pid\":1}\n");
	fclose(file);
	dashboard_open(dashboard, "path.jsonl");
	dashboard_press(dashboard, "e");
	dashboard_settle(dashboard);
	row = terminal_find(dashboard->terminal, ".yaml", 0, NULL);
	EXPECT(dashboard, row < 0 || !strstr(terminal_row(dashboard->terminal, row), "../"));
	dashboard_press(dashboard, "<Esc>q");
	dashboard_expect_end(dashboard, 0);
}

static void bytes_that_are_no_text_are_borne(void **test_state)
{
	static const struct dashboard_options options = {
		.arguments = {"--exec", "cat broken.jsonl; sleep 60"}};
	struct dashboard *dashboard = *test_state;
	FILE *file = dashboard_create(dashboard, "broken.jsonl");

	sample_write_identities(file);
	sample_write_numbered(file, 0);
	fprintf(file, "{\"v\":1,\"kind\":\"flow\",\"event\":\"attempt\",\"ts\":\"2026-03-01T12:00:"
		      "01Z\",\"comm\":"
		      "\"\xff\xfe\033]0;pwned\a\xc3\"}\n");
	fprintf(file, "\033]0;pwned\a\033[2J\033[31mX\n");
	sample_write_numbered(file, 1);
	fclose(file);
	dashboard_start(dashboard, &options);
	EXPECT_TEXT(dashboard, "10001"); /* an unreadable line does not end a stream */
	dashboard_settle(dashboard);
	EXPECT(dashboard, !terminal_shows(dashboard->terminal, "lost 0"));
	expect_harmless(dashboard);
	dashboard_quit(dashboard);
}

static void hostile_messages_of_a_command_are_escaped(void **test_state)
{
	static const struct dashboard_options options = {
		.arguments = {"--exec",
			      "printf '\\033]0;pwned\\007\\033[2J\\033[31mX' >&2; exit 1"}};
	struct dashboard *dashboard = *test_state;

	dashboard_start(dashboard, &options);
	EXPECT_TEXT(dashboard, "Connections");
	dashboard_settle(dashboard);
	EXPECT(dashboard, dashboard_title_row(dashboard, "Policy") > 0);
	expect_harmless(dashboard);
	dashboard_press(dashboard, "q");
	EXPECT(dashboard, terminal_wait_exit(dashboard->terminal, DASHBOARD_TIMEOUT_MS));
	expect_harmless(dashboard);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		DASHBOARD_TEST(hostile_names_are_escaped),
		DASHBOARD_TEST(hostile_names_do_not_name_files),
		DASHBOARD_TEST(bytes_that_are_no_text_are_borne),
		DASHBOARD_TEST(hostile_messages_of_a_command_are_escaped),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
