/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* strsep */
/* Saving the draft from the dashboard: the name, the bytes, and existing files. */
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/cleanup.h"
#include "tests/support/dashboard.h"
#include "tests/support/sample.h"

/* Opens a recording, selects a row of the cart pod, and opens the export prompt with the key. */
static void open_export(struct dashboard *dashboard, const char *key)
{
	dashboard_create_sample(dashboard, "shop.jsonl", 5);
	dashboard_open(dashboard, "shop.jsonl");
	dashboard_press(dashboard, key);
	EXPECT_TEXT(dashboard, ".yaml");
}

/* Gets the name that the prompt proposes: the word that ends with .yaml. */
static void proposed_name(struct dashboard *dashboard, char *name, size_t size)
{
	int row = terminal_find(dashboard->terminal, ".yaml", 0, NULL);
	const char *line = terminal_row(dashboard->terminal, row);
	const char *end = strstr(line, ".yaml");
	const char *start = end;

	while (start > line && start[-1] != ' ')
		start--;
	snprintf(name, size, "%.*s.yaml", (int)(end - start), start);
}

/* Replaces the name that the prompt proposes. */
static void type_name(struct dashboard *dashboard, const char *name)
{
	char proposed[256];

	proposed_name(dashboard, proposed, sizeof(proposed));
	for (size_t i = 0; i < strlen(proposed); i++)
		dashboard_press(dashboard, "<Backspace>");
	dashboard_press(dashboard, name);
}

/* Returns the draft of `polecat policy -i shop.jsonl` for the cart, to be freed. */
static char *drafted(struct dashboard *dashboard)
{
	char command[5000];
	char pattern[128];
	char *text = NULL;
	glob_t found;

	snprintf(command, sizeof(command),
		 "cd '%s' && '%s' policy -i shop.jsonl -d drafts 2>/dev/null", dashboard->folder,
		 dashboard->polecat);
	assert_int_equal(system(command), 0);
	snprintf(pattern, sizeof(pattern), "%s/drafts/*cart*.yaml", dashboard->folder);
	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	assert_int_equal(found.gl_pathc, 1);
	text = dashboard_read(dashboard, found.gl_pathv[0]);
	globfree(&found);
	return text;
}

static void remove_file(const struct dashboard *dashboard, const char *name)
{
	char path[400];

	snprintf(path, sizeof(path), "%s/%s", dashboard->folder, name);
	assert_int_equal(unlink(path), 0);
}

static void exported_file_is_the_policy_of_the_command(void **test_state)
{
	static const char *const keys[] = {"e", "<C-s>"};
	struct dashboard *dashboard = *test_state;

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		char name[256];
		char *expected;
		char *written;

		open_export(dashboard, keys[i]);
		proposed_name(dashboard, name, sizeof(name));
		EXPECT(dashboard, strstr(name, "cart"));
		EXPECT(dashboard, !terminal_modes(dashboard->terminal)->cursor_hidden);
		dashboard_press(dashboard, "<Enter>");
		dashboard_settle(dashboard);
		EXPECT_TEXT(dashboard, name); /* the message names the file */
		written = dashboard_read(dashboard, name);
		expected = drafted(dashboard);
		if (!written)
			dashboard_fail(dashboard, name, __FILE__, __LINE__);
		assert_string_equal(written, expected);
		assert_non_null(strstr(written, "kind: NetworkPolicy"));
		free(written);
		free(expected);
		dashboard_quit(dashboard);
		if (i == 0)
			remove_file(dashboard, name);
	}
}

static void name_can_be_edited(void **test_state)
{
	struct dashboard *dashboard = *test_state;
	char *written;

	open_export(dashboard, "e");
	type_name(dashboard, "my policy q.yaml"); /* `q` and space are not commands here */
	EXPECT_TEXT(dashboard, "my policy q.yaml");
	dashboard_press(dashboard, "<Home>x<Delete><End>l<Left><Left><Right><Backspace>p<Enter>");
	dashboard_settle(dashboard);
	written = dashboard_read(dashboard, "xy policy q.yampl");
	if (!written)
		dashboard_fail(dashboard, "a file named \"xy policy q.yampl\"", __FILE__, __LINE__);
	free(written);
	dashboard_quit(dashboard);
}

static void emptied_name_keeps_the_line(void **test_state)
{
	struct dashboard *dashboard = *test_state;
	char *written;

	open_export(dashboard, "e");
	for (int i = 0; i < 80; i++)
		dashboard_press(dashboard, "<Backspace>");
	dashboard_press(dashboard, "q.yaml<Enter>");
	dashboard_settle(dashboard);
	EXPECT(dashboard, terminal_status(dashboard->terminal) == -1);
	written = dashboard_read(dashboard, "q.yaml");
	if (!written)
		dashboard_fail(dashboard, "a file named q.yaml", __FILE__, __LINE__);
	free(written);
	dashboard_quit(dashboard);
}

static void escape_writes_nothing(void **test_state)
{
	struct dashboard *dashboard = *test_state;
	char name[256];

	open_export(dashboard, "e");
	proposed_name(dashboard, name, sizeof(name));
	dashboard_press(dashboard, "<Esc>");
	EXPECT_NO_TEXT(dashboard, ".yaml");
	assert_null(dashboard_read(dashboard, name));
	dashboard_quit(dashboard);
	assert_null(dashboard_read(dashboard, name));
}

static void overwriting_asks_first(void **test_state)
{
	struct dashboard *dashboard = *test_state;
	FILE *file = dashboard_create(dashboard, "mine.yaml");
	char *content;

	fprintf(file, "precious\n");
	fclose(file);

	open_export(dashboard, "e");
	type_name(dashboard, "mine.yaml<Enter>");
	EXPECT_TEXT(dashboard, "replace it?");
	content = dashboard_read(dashboard, "mine.yaml");
	assert_string_equal(content, "precious\n");
	free(content);
	dashboard_press(dashboard, "n");
	EXPECT_NO_TEXT(dashboard, "replace it?");
	content = dashboard_read(dashboard, "mine.yaml");
	assert_string_equal(content, "precious\n");
	free(content);

	dashboard_press(dashboard, "<Esc>e"); /* works whether or not `n` closed the prompt */
	dashboard_settle(dashboard);
	type_name(dashboard, "mine.yaml<Enter>");
	EXPECT_TEXT(dashboard, "replace it?");
	dashboard_press(dashboard, "y");
	EXPECT_NO_TEXT(dashboard, "replace it?");
	dashboard_settle(dashboard);
	content = dashboard_read(dashboard, "mine.yaml");
	assert_non_null(strstr(content, "kind: NetworkPolicy"));
	assert_null(strstr(content, "precious"));
	free(content);
	dashboard_quit(dashboard);
}

static void failure_names_file_and_reason(void **test_state)
{
	static const struct {
		const char *name;
		const char *reason;
	} cases[] = {
		{"nowhere/a.yaml", "No such file or directory"},
		{"/proc/a.yaml", "No such file or directory"},
		{"shop.jsonl/a.yaml", "Not a directory"},
		{"folder", "directory"},
		{"no-such-folder/shop-cart.yaml", "No such file"},
	};
	struct dashboard *dashboard = *test_state;
	char path[128];

	snprintf(path, sizeof(path), "%s/folder", dashboard->folder);
	assert_int_equal(mkdir(path, 0700), 0);
	open_export(dashboard, "e");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		if (i > 0) {
			dashboard_press(dashboard, "<Esc>e");
			dashboard_settle(dashboard);
		}
		type_name(dashboard, cases[i].name);
		dashboard_press(dashboard, "<Enter>");
		EXPECT_TEXT(dashboard, cases[i].reason);
		EXPECT(dashboard, strstr(terminal_row(dashboard->terminal,
						      terminal_find(dashboard->terminal,
								    cases[i].reason, 0, NULL)),
					 cases[i].name));
	}
	EXPECT(dashboard, terminal_status(dashboard->terminal) == -1);
	dashboard_press(dashboard, "<Esc>");
	dashboard_settle(dashboard);
	dashboard_quit(dashboard);
}

static void no_half_file_is_left(void **test_state)
{
	struct dashboard *dashboard = *test_state;
	char pattern[128];
	glob_t found;

	open_export(dashboard, "e");
	type_name(dashboard, "whole.yaml<Enter>");
	dashboard_settle(dashboard);
	dashboard_quit(dashboard);
	snprintf(pattern, sizeof(pattern), "%s/{.[!.]*,*}", dashboard->folder);
	assert_int_equal(glob(pattern, GLOB_BRACE, NULL, &found), 0);
	assert_int_equal(found.gl_pathc, 2); /* the recording and the policy */
	globfree(&found);
}

/* A name that ends with / is a folder, to which all workloads are written, as by `polecat policy
 * -d`. */
static void folder_gets_a_file_per_workload(void **test_state)
{
	struct dashboard *dashboard = *test_state;
	char pattern[128];
	char *expected;
	char *text;
	FILE *file;
	glob_t found;

	open_export(dashboard, "e");
	EXPECT_TEXT(dashboard, "FOLDER/");
	type_name(dashboard, "all/<Enter>");
	EXPECT_TEXT(dashboard, "saved into all/");
	snprintf(pattern, sizeof(pattern), "%s/all/*cart*.yaml", dashboard->folder);
	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	assert_int_equal(found.gl_pathc, 1);
	expected = drafted(dashboard);
	text = dashboard_read(dashboard, found.gl_pathv[0]);
	assert_string_equal(text, expected);
	free(text);

	/* A file with other content stays if the answer to the question is no. */
	file = fopen(found.gl_pathv[0], "w");
	assert_non_null(file);
	fputs("mine\n", file);
	fclose(file);
	dashboard_press(dashboard, ":export all/<Enter>");
	EXPECT_TEXT(dashboard, "1 file that differs");
	dashboard_press(dashboard, "n");
	EXPECT_TEXT(dashboard, "left as they were");
	text = dashboard_read(dashboard, found.gl_pathv[0]);
	assert_string_equal(text, "mine\n");
	free(text);
	dashboard_press(dashboard, ":export all/<Enter>");
	EXPECT_TEXT(dashboard, "1 file that differs");
	dashboard_press(dashboard, "y");
	EXPECT_TEXT(dashboard, "1 replaced");
	text = dashboard_read(dashboard, found.gl_pathv[0]);
	assert_string_equal(text, expected);
	free(text);
	free(expected);
	globfree(&found);
	dashboard_quit(dashboard);
}

/* Writes a recording whose draft depends on each option: cart is connected to the database through
 * a Service, and to six public addresses. */
static void create_sample_with_public_peers(struct dashboard *dashboard)
{
	FILE *file = dashboard_create(dashboard, "shop.jsonl");
	char address[32];

	sample_write_identities(file);
	fprintf(file,
		"{\"v\":1,\"kind\":\"service\",\"namespace\":\"shop\",\"name\":\"db\",\"type\":"
		"\"ClusterIP\",\"cluster_ips\":[\"192.0.2.50\"],\"selector\":{\"app\":\"db\"},"
		"\"ports\":[{\"protocol\":\"TCP\",\"port\":80,\"target_port\":\"5432\"}]}\n");
	for (unsigned int i = 0; i < 7; i++) {
		struct sample_flow flow = {
			.event = "established",
			.id = 500 + i,
			.ms = 1000 + i,
			.dst = i == 0 ? "192.0.2.50" : address,
			.dport = i == 0 ? 80 : 443,
			.state = "ESTABLISHED",
		};
		snprintf(address, sizeof(address), "203.0.113.%u", 100 + i);
		sample_write_flow(file, &flow);
	}
	sample_write_stories(file);
	fclose(file);
}

/* Returns the text that `polecat policy` prints for the recording with the options, to be freed. */
static char *printed(struct dashboard *dashboard, const char *options)
{
	char command[5000];

	snprintf(command, sizeof(command),
		 "cd '%s' && '%s' policy -i shop.jsonl %s >printed 2>/dev/null", dashboard->folder,
		 dashboard->polecat, options);
	assert_int_equal(system(command), 0);
	return dashboard_read(dashboard, "printed");
}

/* Fails unless the rows below the pane's title show the lines of `text`. Modifies `text`. */
static void expect_preview(struct dashboard *dashboard, char *text)
{
	static const char border[] = "│";
	int row = dashboard_title_row(dashboard, "Policy");
	char *at = text;
	char *line;

	EXPECT(dashboard, row >= 0);
	while ((line = strsep(&at, "\n")) && at) {
		const char *shown = terminal_row(dashboard->terminal, ++row);

		/* The border comes first, then the column in which + marks added lines. */
		EXPECT(dashboard, strncmp(shown, border, strlen(border)) == 0);
		shown += strlen(border) + 1;
		if (strncmp(shown, line, strlen(line)) != 0)
			dashboard_fail(dashboard, line, __FILE__, __LINE__);
		shown += strlen(line);
		EXPECT(dashboard, strcmp(shown + strspn(shown, " "), border) == 0);
	}
}

/* Removes the line with `part` from a text. Fails if the text has no such line. */
static void remove_line(char *text, const char *part)
{
	char *at = strstr(text, part);

	assert_non_null(at);
	char *end = strchr(at, '\n') + 1;
	while (at > text && at[-1] != '\n')
		at--;
	memmove(at, end, strlen(end) + 1);
}

static void preview_and_file_obey_the_options_of_policy(void **test_state)
{
	static const struct {
		const char *words[4]; /* at most 3, then NULL */
		const char *effect;   /* a text of this draft that the first draft lacks */
		/* A text of the line that differs, since the dashboard drafts one workload, and
		 * `policy` drafts all of them. NULL: none. */
		const char *differs;
	} cases[] = {
		{{NULL}, "cidr: 203.0.113.101/32", NULL},
		{{"--default-deny"}, "podSelector: {}\n", "also selected"},
		{{"--service-ports"}, "port: 80\n", NULL},
		{{"--public", "--max-peers", "5"}, "cidr: 0.0.0.0/0", NULL},
		{{"--max-peers", "5"}, "--public", NULL},
		{{"--service-ports", "--default-deny", "--public"}, "port: 80\n", "also selected"},
	};
	struct dashboard *dashboard = *test_state;
	CLEANUP_FREE char *plain = NULL;

	create_sample_with_public_peers(dashboard);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct dashboard_options options = {
			.arguments = {"-i", "shop.jsonl"}, .rows = 160, .columns = 140};
		char words[128] = "";

		for (size_t j = 0; cases[i].words[j]; j++) {
			options.arguments[2 + j] = cases[i].words[j];
			snprintf(words + strlen(words), sizeof(words) - strlen(words), " %s",
				 cases[i].words[j]);
		}
		CLEANUP_FREE char *expected = printed(dashboard, words);
		EXPECT(dashboard, expected && strstr(expected, cases[i].effect));
		EXPECT(dashboard, !plain || !strstr(plain, cases[i].effect));
		if (!plain)
			plain = strdup(expected);

		dashboard_start(dashboard, &options);
		EXPECT_TEXT(dashboard, "203.0.113.80");
		dashboard_press(dashboard, ":export draft.yaml<Enter>");
		dashboard_settle(dashboard);
		CLEANUP_FREE char *written = dashboard_read(dashboard, "draft.yaml");
		EXPECT(dashboard, written);
		if (cases[i].differs) {
			remove_line(expected, cases[i].differs);
			CLEANUP_FREE char *rest = strdup(written);
			remove_line(rest, cases[i].differs);
			assert_string_equal(rest, expected);
		} else {
			assert_string_equal(written, expected);
		}
		dashboard_press(dashboard, "<Tab><Tab>z"); /* the policy on the whole screen */
		EXPECT_TEXT(dashboard, "kind: NetworkPolicy");
		dashboard_settle(dashboard);
		expect_preview(dashboard, written);
		dashboard_quit(dashboard);
		remove_file(dashboard, "draft.yaml");
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		DASHBOARD_TEST(exported_file_is_the_policy_of_the_command),
		DASHBOARD_TEST(name_can_be_edited),
		DASHBOARD_TEST(emptied_name_keeps_the_line),
		DASHBOARD_TEST(escape_writes_nothing),
		DASHBOARD_TEST(overwriting_asks_first),
		DASHBOARD_TEST(failure_names_file_and_reason),
		DASHBOARD_TEST(no_half_file_is_left),
		DASHBOARD_TEST(folder_gets_a_file_per_workload),
		DASHBOARD_TEST(preview_and_file_obey_the_options_of_policy),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
