/* SPDX-License-Identifier: Apache-2.0 */
/* The terminal's background and the themes. */
#define _GNU_SOURCE /* memmem */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/support/dashboard.h"
#include "tests/support/sample.h"

#define WHITE "rgb:ffff/ffff/ffff"
#define BLACK "rgb:0000/0000/0000"

static const char question[] = "\033]11;?\033\\";

static void start(struct dashboard *dashboard, struct dashboard_options options)
{
	dashboard_create_sample(dashboard, "shop.jsonl", 0);
	options.arguments[0] = "--host";
	options.arguments[1] = "-i";
	options.arguments[2] = "shop.jsonl";
	dashboard_start(dashboard, &options);
	EXPECT_TEXT(dashboard, SAMPLE_NODE);
	EXPECT_TEXT(dashboard, SAMPLE_REFUSED);
	dashboard_settle(dashboard);
}

/* The colour number of the word "refused" in the table; -1: the terminal's own. */
static int colour_of_refused(struct dashboard *dashboard)
{
	struct terminal_cell cell;
	int column;
	int row = terminal_find(dashboard->terminal, "refused", 0, &column);

	EXPECT(dashboard, row > 0);
	terminal_cell(dashboard->terminal, row, column, &cell);
	return cell.foreground.kind == TERMINAL_COLOR_INDEXED ? cell.foreground.index : -1;
}

/* Returns whether all cells have a background (`painted`), or none outside of the selected row. */
static bool paints_all(struct dashboard *dashboard, bool painted)
{
	for (int row = 0; row < terminal_rows(dashboard->terminal); row++) {
		if (!painted && strstr(terminal_row(dashboard->terminal, row), "▌"))
			continue;
		for (int column = 0; column < terminal_columns(dashboard->terminal); column++) {
			struct terminal_cell cell;

			terminal_cell(dashboard->terminal, row, column, &cell);
			if ((cell.background.kind != TERMINAL_COLOR_DEFAULT) != painted)
				return false;
		}
	}
	return true;
}

static bool was_asked(struct dashboard *dashboard)
{
	size_t length = 0;
	const char *output = terminal_output(dashboard->terminal, &length);

	return memmem(output, length, question, strlen(question)) != NULL;
}

static void the_theme_follows_the_answer(void **test_state)
{
	struct dashboard *dashboard = *test_state;
	int dark;
	int light;

	start(dashboard, (struct dashboard_options){.background = BLACK});
	dark = colour_of_refused(dashboard);
	EXPECT(dashboard, paints_all(dashboard, false));
	dashboard_quit(dashboard);
	start(dashboard, (struct dashboard_options){.background = WHITE});
	light = colour_of_refused(dashboard);
	EXPECT(dashboard, paints_all(dashboard, false));
	dashboard_quit(dashboard);
	EXPECT(dashboard, dark >= 0 && light >= 0 && dark != light);
	/* Without an answer, the terminal counts as dark. */
	start(dashboard, (struct dashboard_options){0});
	EXPECT(dashboard, was_asked(dashboard));
	EXPECT(dashboard, colour_of_refused(dashboard) == dark);
	EXPECT(dashboard, paints_all(dashboard, false));
	dashboard_quit(dashboard);
}

static void a_theme_of_the_other_kind_paints(void **test_state)
{
	static const struct {
		const char *theme;
		const char *background;
		bool painted;
	} cases[] = {
		{"light", BLACK, true},  {"light", NULL, true},  {"dark", WHITE, true},
		{"light", WHITE, false}, {"dark", BLACK, false}, {"dark", NULL, false},
		{"mono", WHITE, false},
	};
	struct dashboard *dashboard = *test_state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		start(dashboard, (struct dashboard_options){
					 .arguments = {NULL, NULL, NULL, "--theme", cases[i].theme},
					 .background = cases[i].background});
		EXPECT(dashboard, paints_all(dashboard, cases[i].painted));
		dashboard_quit(dashboard);
	}
}

/* Terminals that may print the question are not asked. */
static void only_terminals_like_xterm_are_asked(void **test_state)
{
	static const struct {
		const char *term;
		bool asked;
	} cases[] = {{"xterm", true},
		     {"screen", true},
		     {"tmux-256color", true},
		     {"linux", false},
		     {"vt100", false}};
	struct dashboard *dashboard = *test_state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		start(dashboard, (struct dashboard_options){.term = cases[i].term});
		EXPECT(dashboard, was_asked(dashboard) == cases[i].asked);
		dashboard_quit(dashboard);
	}
}

/* Keys that are typed just before and after the answer act as keys. The characters of the answer do
 * not. */
static void keys_beside_the_answer_act(void **test_state)
{
	struct dashboard *dashboard = *test_state;
	static const struct dashboard_options options = {
		.arguments = {"--host", "-i", "shop.jsonl"}};

	dashboard_create_sample(dashboard, "shop.jsonl", 0);
	dashboard_start(dashboard, &options);
	dashboard_press(dashboard, "?");
	terminal_send(dashboard->terminal, "\033]11;" WHITE "\033\\", strlen("\033]11;" WHITE) + 2);
	dashboard_press(dashboard, "j");
	EXPECT_TEXT(dashboard, "Help");
	dashboard_press(dashboard, "?");
	EXPECT_TEXT(dashboard, SAMPLE_REFUSED);
	dashboard_settle(dashboard);
	EXPECT(dashboard, terminal_find(dashboard->terminal, "ffff", 0, NULL) < 0);
	dashboard_quit(dashboard);
}

/* An answer that comes long after the first frame still counts. */
static void a_late_answer_counts(void **test_state)
{
	struct dashboard *dashboard = *test_state;
	int dark;

	start(dashboard, (struct dashboard_options){0});
	dark = colour_of_refused(dashboard);
	terminal_send(dashboard->terminal, "\033]11;" WHITE "\a", strlen("\033]11;" WHITE "\a"));
	dashboard_settle(dashboard);
	EXPECT(dashboard, colour_of_refused(dashboard) != dark);
	EXPECT(dashboard, paints_all(dashboard, false));
	dashboard_quit(dashboard);
}

/* Returns the background of the first cell, as a number of the 256 colours; -1: none. */
static int painted_with(struct dashboard *dashboard)
{
	struct terminal_cell cell;

	terminal_cell(dashboard->terminal, 0, 0, &cell);
	return cell.background.kind == TERMINAL_COLOR_INDEXED ? cell.background.index : -1;
}

static void press(struct dashboard *dashboard, const char *keys)
{
	dashboard_press(dashboard, keys);
	dashboard_settle(dashboard);
}

static void themes_are_shown_kept_and_restored(void **test_state)
{
	struct dashboard *dashboard = *test_state;
	char *saved;
	int paper;

	start(dashboard, (struct dashboard_options){0});
	press(dashboard, "tG");
	EXPECT_TEXT(dashboard, "Enter keep");
	paper = painted_with(dashboard);
	EXPECT(dashboard, paper >= 0);
	press(dashboard, "k");
	EXPECT(dashboard, painted_with(dashboard) != paper);
	press(dashboard, "<Esc>");
	EXPECT(dashboard, painted_with(dashboard) == -1);
	EXPECT(dashboard, !terminal_shows(dashboard->terminal, "Enter keep"));
	EXPECT(dashboard, !dashboard_read_settings(dashboard));
	/* Keys that do nothing in the list neither act on the dashboard nor close the list. */
	press(dashboard, "tG!z");
	terminal_mouse(dashboard->terminal, 12, 60, 4);
	dashboard_settle(dashboard);
	EXPECT(dashboard, painted_with(dashboard) != paper);
	press(dashboard, "G<Enter>");
	EXPECT_TEXT(dashboard, "theme paper, saved");
	saved = dashboard_read_settings(dashboard);
	EXPECT(dashboard, saved && strcmp(saved, "theme: \"paper\"\n") == 0);
	free(saved);
	dashboard_quit(dashboard);
	start(dashboard, (struct dashboard_options){.background = BLACK});
	EXPECT(dashboard, painted_with(dashboard) == paper);
	press(dashboard, ":theme dark<Enter>");
	EXPECT_TEXT(dashboard, "theme dark, saved");
	EXPECT(dashboard, painted_with(dashboard) == -1);
	dashboard_quit(dashboard);
}

static void write_text(struct dashboard *dashboard, const char *name, const char *text)
{
	FILE *file = dashboard_create(dashboard, name);

	fputs(text, file);
	fclose(file);
}

static void faults_name_file_and_line(void **test_state)
{
	struct dashboard *dashboard = *test_state;
	char folder[128];

	start(dashboard,
	      (struct dashboard_options){.arguments = {NULL, NULL, NULL, "--theme", "dusk"}});
	press(dashboard, ":theme light<Enter>");
	dashboard_quit(dashboard);
	write_text(dashboard, "settings/polecat/config.yaml", "theme: dark\nfoo: 1\n");
	start(dashboard, (struct dashboard_options){0});
	EXPECT_TEXT(dashboard, "config.yaml:2: no setting 'foo'");
	press(dashboard, ":theme light<Enter>");
	EXPECT_TEXT(dashboard, "theme light is not saved:");
	dashboard_quit(dashboard);
	snprintf(folder, sizeof(folder), "%s/settings/polecat/themes", dashboard->folder);
	assert_int_equal(mkdir(folder, 0700), 0);
	write_text(dashboard, "settings/polecat/config.yaml", "theme: aaa\n");
	write_text(dashboard, "settings/polecat/themes/aaa.yaml", "name: aaa\nbase00: red\n");
	start(dashboard, (struct dashboard_options){0});
	EXPECT_TEXT(dashboard, "aaa.yaml:2: base00: a colour");
	press(dashboard, "jtg<Enter>");
	EXPECT_TEXT(dashboard, "aaa.yaml:2: base00: a colour");
	EXPECT(dashboard, terminal_shows(dashboard->terminal, "Theme"));
	press(dashboard, "<Esc>");
	dashboard_quit(dashboard);
}

/* An answer that arrives while the list is open changes neither the theme that it shows nor the
 * list, and counts once the list is closed. */
static void an_answer_during_the_list_waits(void **test_state)
{
	struct dashboard *dashboard = *test_state;
	int dark;
	int paper;

	start(dashboard, (struct dashboard_options){0});
	dark = colour_of_refused(dashboard);
	press(dashboard, "tG");
	paper = painted_with(dashboard);
	EXPECT(dashboard, paper >= 0);
	terminal_send(dashboard->terminal, "\033]11;" WHITE "\a", strlen("\033]11;" WHITE "\a"));
	dashboard_settle(dashboard);
	EXPECT(dashboard, colour_of_refused(dashboard) != dark);
	EXPECT(dashboard, terminal_shows(dashboard->terminal, "Enter keep"));
	press(dashboard, "<Esc>");
	/* The light theme suits the terminal, so nothing is painted. */
	EXPECT(dashboard, colour_of_refused(dashboard) != dark);
	EXPECT(dashboard, paints_all(dashboard, false));
	dashboard_quit(dashboard);
}

/* A theme from a file is saved with the absolute path of the file. A pipe is not read. */
static void paths_of_themes_are_saved_whole(void **test_state)
{
	struct dashboard *dashboard = *test_state;
	char expected[256];
	char pipe_path[128];
	char *saved;

	FILE *file = dashboard_create(dashboard, "mine.yaml");

	fputs("system: base16\nname: mine\nvariant: dark\npalette:\n", file);
	for (unsigned int i = 0; i < 16; i++)
		fprintf(file, "  base0%X: \"%06x\"\n", i, i * 0x111111);
	fclose(file);
	snprintf(pipe_path, sizeof(pipe_path), "%s/pipe.yaml", dashboard->folder);
	assert_int_equal(mkfifo(pipe_path, 0600), 0);
	start(dashboard, (struct dashboard_options){0});
	press(dashboard, ":theme pipe.yaml<Enter>");
	EXPECT_TEXT(dashboard, "a file was expected");
	press(dashboard, ":theme ./mine.yaml<Enter>");
	EXPECT_TEXT(dashboard, ", saved");
	saved = dashboard_read_settings(dashboard);
	snprintf(expected, sizeof(expected), "theme: \"%s/mine.yaml\"\n", dashboard->folder);
	EXPECT(dashboard, saved && strcmp(saved, expected) == 0);
	free(saved);
	dashboard_quit(dashboard);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		DASHBOARD_TEST(the_theme_follows_the_answer),
		DASHBOARD_TEST(a_theme_of_the_other_kind_paints),
		DASHBOARD_TEST(only_terminals_like_xterm_are_asked),
		DASHBOARD_TEST(keys_beside_the_answer_act),
		DASHBOARD_TEST(a_late_answer_counts),
		DASHBOARD_TEST(themes_are_shown_kept_and_restored),
		DASHBOARD_TEST(faults_name_file_and_line),
		DASHBOARD_TEST(an_answer_during_the_list_waits),
		DASHBOARD_TEST(paths_of_themes_are_saved_whole),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
