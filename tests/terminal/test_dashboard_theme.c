/* SPDX-License-Identifier: Apache-2.0 */
/* The terminal's background and the themes. */
#define _GNU_SOURCE /* memmem */
#include <stdlib.h>
#include <string.h>

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

/* Keys that are typed before and beside the answer act, and those of the answer do not. */
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

int main(void)
{
	static const struct CMUnitTest tests[] = {
		DASHBOARD_TEST(the_theme_follows_the_answer),
		DASHBOARD_TEST(a_theme_of_the_other_kind_paints),
		DASHBOARD_TEST(only_terminals_like_xterm_are_asked),
		DASHBOARD_TEST(keys_beside_the_answer_act),
		DASHBOARD_TEST(a_late_answer_counts),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
