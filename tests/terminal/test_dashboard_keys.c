/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of the README's section "Keys", on a recording: filter, move, sort, focus, zoom, pages,
 * help. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/dashboard.h"
#include "tests/support/sample.h"
#include "tui/dashboard/screen/keymap.h"

#define PORTS_MAX 64

/* --- filter --- */

static bool no_numbered_row(struct terminal *terminal, void *data)
{
	unsigned int ports[PORTS_MAX];

	(void)terminal;
	return dashboard_ports(data, ports, PORTS_MAX) == 0;
}

static bool some_numbered_rows(struct terminal *terminal, void *data)
{
	return !no_numbered_row(terminal, data);
}

static void filter_works_as_it_is_typed(void **test_state)
{
	struct dashboard *dashboard = *test_state;

	dashboard_create_sample(dashboard, "shop.jsonl", 20);
	dashboard_open(dashboard, "shop.jsonl");
	EXPECT_SOON(dashboard, some_numbered_rows, dashboard);
	dashboard_press(dashboard, "/refused"); /* the filter applies before Enter */
	EXPECT_SOON(dashboard, no_numbered_row, dashboard);
	EXPECT(dashboard, dashboard_table_row(dashboard, SAMPLE_REFUSED) > 0);
	EXPECT(dashboard, dashboard_table_row(dashboard, "5432") < 0);
	EXPECT_TEXT(dashboard, "1 of");
	dashboard_press(dashboard, "<Enter>");
	dashboard_settle(dashboard);
	EXPECT(dashboard, no_numbered_row(dashboard->terminal, dashboard));
	EXPECT(dashboard, strstr(terminal_row(dashboard->terminal, 0), "/refused"));
	dashboard_press(dashboard, "<Esc>");
	EXPECT_SOON(dashboard, some_numbered_rows, dashboard);
	EXPECT_NO_TEXT(dashboard, "/refused");
}

static void filter_can_be_given_up_while_typing(void **test_state)
{
	struct dashboard *dashboard = *test_state;

	dashboard_create_sample(dashboard, "shop.jsonl", 20);
	dashboard_open(dashboard, "shop.jsonl");
	dashboard_press(dashboard, "/curl");
	EXPECT_SOON(dashboard, no_numbered_row, dashboard);
	dashboard_press(dashboard, "<Esc>");
	EXPECT_SOON(dashboard, some_numbered_rows, dashboard);
	EXPECT_NO_TEXT(dashboard, "/curl");
	/* The filter prompt is closed, so that q quits instead of adding a letter. */
	dashboard_quit(dashboard);
}

static void filter_line_completes_and_remembers(void **test_state)
{
	struct dashboard *dashboard = *test_state;

	dashboard_create_sample(dashboard, "shop.jsonl", 4);
	dashboard_open(dashboard, "shop.jsonl");
	dashboard_press(dashboard, "/cont<Tab>");
	EXPECT_TEXT(dashboard, "/container:");
	dashboard_press(dashboard, "<C-u>state:ref<Tab><Enter>");
	EXPECT_TEXT(dashboard, "/state:refused");
	EXPECT_TEXT(dashboard, "1 of");
	dashboard_press(dashboard, "<Esc>/(curl or<Up>");
	EXPECT_TEXT(dashboard, "/state:refused");
	EXPECT_TEXT(dashboard, "1 of");
	dashboard_press(dashboard, "<Down>");
	EXPECT_TEXT(dashboard, "/(curl or");
	EXPECT_TEXT(dashboard, "column 9: a word was expected");
}

static void filter_understands_its_terms(void **test_state)
{
	static const struct {
		const char *filter;
		const char *shown;
		const char *hidden;
	} cases[] = {
		{"port:10003", "10003", "10004"},
		{"port:10003-10004", "10004", "10005"},
		{"comm:curl", SAMPLE_REFUSED, "10001"},
		{"state:hanging", SAMPLE_UNANSWERED, "10001"},
		{"hanging", SAMPLE_UNANSWERED, "10001"},
		{"state:refused", SAMPLE_REFUSED, "10001"},
		{"peer:db", "→ db-0", "10001"},
		{"!cache dir:egress", "5432", "10001"},
		{"dir:ingress", "8080", "5432"},
	};
	struct dashboard *dashboard = *test_state;

	dashboard_create_sample(dashboard, "shop.jsonl", 8);
	dashboard_open(dashboard, "shop.jsonl");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		bool shown = false;
		bool hidden = false;

		dashboard_press(dashboard, "/");
		dashboard_press(dashboard, cases[i].filter);
		dashboard_press(dashboard, "<Enter>");
		for (int tries = 0; tries < 50 && !(shown && hidden); tries++) {
			dashboard_settle(dashboard);
			shown = dashboard_table_row(dashboard, cases[i].shown) > 0;
			hidden = dashboard_table_row(dashboard, cases[i].hidden) < 0;
		}
		if (!shown || !hidden)
			dashboard_fail(dashboard, cases[i].filter, __FILE__, __LINE__);
		dashboard_press(dashboard, "<Esc>");
		EXPECT_SOON(dashboard, some_numbered_rows, dashboard);
	}
}

static void bad_filter_says_why(void **test_state)
{
	struct dashboard *dashboard = *test_state;

	dashboard_create_sample(dashboard, "shop.jsonl", 4);
	dashboard_open(dashboard, "shop.jsonl");
	dashboard_press(dashboard, "/port:many");
	EXPECT_TEXT(dashboard, "a range");
	dashboard_press(dashboard, "<Esc>");
	EXPECT_NO_TEXT(dashboard, "port:many");
	EXPECT_SOON(dashboard, some_numbered_rows, dashboard);
}

static void filter_without_a_match_says_how_to_go_on(void **test_state)
{
	struct dashboard *dashboard = *test_state;

	dashboard_create_sample(dashboard, "shop.jsonl", 4);
	dashboard_open(dashboard, "shop.jsonl");
	dashboard_press(dashboard, "/web<Enter>");
	EXPECT_SOON(dashboard, no_numbered_row, dashboard);
	EXPECT_TEXT(dashboard, "clear the filter");
	EXPECT_TEXT(dashboard, "0 of");
	dashboard_press(dashboard, "<Esc>");
	EXPECT_SOON(dashboard, some_numbered_rows, dashboard);
}

static void command_line_filter_is_shown_and_cleared(void **test_state)
{
	static const struct dashboard_options options = {
		.arguments = {"--host", "-i", "shop.jsonl", "-f", "refused"}};
	struct dashboard *dashboard = *test_state;

	dashboard_create_sample(dashboard, "shop.jsonl", 4);
	dashboard_start(dashboard, &options);
	EXPECT_TEXT(dashboard, "/refused");
	EXPECT_TEXT(dashboard, SAMPLE_REFUSED);
	dashboard_settle(dashboard);
	EXPECT(dashboard, no_numbered_row(dashboard->terminal, dashboard));
	/* `/` edits the filter of the command line, and Esc clears it. */
	dashboard_press(dashboard, "/x");
	EXPECT_TEXT(dashboard, "0 of");
	dashboard_press(dashboard, "<Backspace><Enter>");
	EXPECT_TEXT(dashboard, SAMPLE_REFUSED);
	dashboard_press(dashboard, "<Esc>");
	EXPECT_SOON(dashboard, some_numbered_rows, dashboard);
	dashboard_quit(dashboard);
}

/* --- moving --- */

/* Returns the port on the selected row, or 0. */
static unsigned int selected_port(struct dashboard *dashboard)
{
	int row = dashboard_selected_row(dashboard);
	const char *text = row < 0 ? "" : terminal_row(dashboard->terminal, row);

	for (; *text; text++)
		if (*text == '1' && strspn(text, "0123456789") == 5)
			return (unsigned int)strtoul(text, NULL, 10);
	return 0;
}

/* Presses keys, waits until the screen does not change any more, and returns the selected port. */
static unsigned int port_after(struct dashboard *dashboard, const char *keys)
{
	dashboard_press(dashboard, keys);
	dashboard_settle(dashboard);
	EXPECT(dashboard, dashboard_selected_row(dashboard) > 0);
	return selected_port(dashboard);
}

static void keys_move_the_selection(void **test_state)
{
	struct dashboard *dashboard = *test_state;
	unsigned int top;
	unsigned int bottom;
	unsigned int second;
	unsigned int page;

	dashboard_create_sample(dashboard, "shop.jsonl", 200);
	dashboard_open(dashboard, "shop.jsonl");
	/* Show only the numbered connections (sample.h). */
	dashboard_press(dashboard, "/port:10000-19999<Enter>");
	top = port_after(dashboard, "g");
	EXPECT(dashboard, top != 0);
	second = port_after(dashboard, "j");
	EXPECT(dashboard, second != 0 && second != top);
	EXPECT(dashboard, port_after(dashboard, "k") == top);
	EXPECT(dashboard, port_after(dashboard, "<Down>") == second);
	EXPECT(dashboard, port_after(dashboard, "<Up>") == top);
	EXPECT(dashboard, port_after(dashboard, "<Up>k<PageUp>") == top); /* stays at the top */
	page = port_after(dashboard, "<PageDown>");
	EXPECT(dashboard, page != top && page != second);
	EXPECT(dashboard, port_after(dashboard, "<PageUp>") == top);
	bottom = port_after(dashboard, "G");
	/* The two ends of the table are the oldest and the newest connection. */
	EXPECT(dashboard, (top == 10199 && bottom == 10000) || (top == 10000 && bottom == 10199));
	EXPECT(dashboard, port_after(dashboard, "j<PageDown>") == bottom);
	EXPECT(dashboard, port_after(dashboard, "<Home>") == top);
	EXPECT(dashboard, port_after(dashboard, "<End>") == bottom);
}

/* A paste, keys with Alt, and sequences that are unknown here change nothing. */
static void stray_input_does_nothing(void **test_state)
{
	static const char *const inputs[] = {
		"\033x",                          /* Alt-x */
		"\033q",                          /* Alt-q */
		"\033e\033!\033c",                /* several keys with Alt */
		"\033[<66;10;5M",                 /* a wheel to the right */
		"\033[<130;10;5M\033[<130;10;5m", /* a button beyond the fifth */
		"\033[M\142<q",                   /* xterm's oldest mouse protocol */
		"\033[98;10;5M",                  /* urxvt's mouse protocol */
		"\033[57362u",                    /* a key of kitty's protocol */
		"\033[?62;1;4c",                  /* an answer that nobody asked for */
	};
	struct dashboard *dashboard = *test_state;
	char before[24][400];

	dashboard_create_sample(dashboard, "shop.jsonl", 20);
	dashboard_open(dashboard, "shop.jsonl");
	EXPECT(dashboard, terminal_modes(dashboard->terminal)->bracketed_paste);
	dashboard_press(dashboard, "jj");
	dashboard_settle(dashboard);
	for (int row = 0; row < 24; row++)
		snprintf(before[row], sizeof(before[row]), "%s",
			 terminal_row(dashboard->terminal, row));
	for (size_t i = 0; i < sizeof(inputs) / sizeof(*inputs); i++) {
		terminal_send(dashboard->terminal, inputs[i], strlen(inputs[i]));
		dashboard_settle(dashboard);
		for (int row = 0; row < 24; row++)
			assert_string_equal(before[row], terminal_row(dashboard->terminal, row));
	}
	dashboard_quit(dashboard);
}

static void paste_is_text_and_no_keys(void **test_state)
{
	static const char paste[] = "\033[200~port:10003\ne\nq\033[201~";
	static const char filter[] = "\033[200~port:10003\n\033[201~";
	struct dashboard *dashboard = *test_state;

	dashboard_create_sample(dashboard, "shop.jsonl", 20);
	dashboard_open(dashboard, "shop.jsonl");
	terminal_send(dashboard->terminal, paste, strlen(paste));
	EXPECT_TEXT(dashboard, "the paste was ignored");
	EXPECT(dashboard, dashboard_table_row(dashboard, "10018") > 0);
	dashboard_press(dashboard, "/");
	terminal_send(dashboard->terminal, filter, strlen(filter));
	EXPECT_NO_TEXT(dashboard, "10018");
	EXPECT_TEXT(dashboard, "/port:10003");
	dashboard_press(dashboard, "<Enter>");
	EXPECT_TEXT(dashboard, "1 of");
	dashboard_quit(dashboard);
}

static bool second_row_is_selected(struct terminal *terminal, void *data)
{
	int first;
	int last;

	(void)terminal;
	return dashboard_table(data, &first, &last) && dashboard_selected_row(data) == first + 2;
}

static void two_clicks_open_rows_only(void **test_state)
{
	struct dashboard *dashboard = *test_state;
	int first;
	int last;

	dashboard_create_sample(dashboard, "shop.jsonl", 20);
	dashboard_open(dashboard, "shop.jsonl");
	EXPECT(dashboard, dashboard_table(dashboard, &first, &last));
	/* Wait for the result of the first click, so that both cannot act on one screen. */
	terminal_mouse(dashboard->terminal, first, 48, 1);
	EXPECT_TEXT(dashboard, "by PORT");
	terminal_mouse(dashboard->terminal, first, 48, 1);
	EXPECT_TEXT(dashboard, "by PORT inverted");
	dashboard_settle(dashboard);
	EXPECT(dashboard, dashboard_title_row(dashboard, "Connections") == 1);
	terminal_mouse(dashboard->terminal, first + 2, 20, 1);
	EXPECT_SOON(dashboard, second_row_is_selected, dashboard);
	terminal_mouse(dashboard->terminal, first + 2, 20, 1);
	EXPECT_TEXT(dashboard, "This end");
	dashboard_quit(dashboard);
}

static void mouse_selects_and_scrolls(void **test_state)
{
	struct dashboard *dashboard = *test_state;
	unsigned int before[PORTS_MAX];
	unsigned int after[PORTS_MAX];
	int first = 0;
	int last = 0;

	dashboard_create_sample(dashboard, "shop.jsonl", 200);
	dashboard_open(dashboard, "shop.jsonl");
	EXPECT(dashboard, terminal_modes(dashboard->terminal)->mouse);
	dashboard_press(dashboard, "/port:10000-19999<Enter>");
	port_after(dashboard, "g");
	EXPECT(dashboard, dashboard_table(dashboard, &first, &last));
	terminal_mouse(dashboard->terminal, first + 4, 20, 1);
	dashboard_settle(dashboard);
	EXPECT(dashboard, dashboard_selected_row(dashboard) == first + 4);
	assert_true(dashboard_ports(dashboard, before, PORTS_MAX) > 3);
	for (int i = 0; i < 5; i++)
		terminal_mouse(dashboard->terminal, first + 4, 20, 5);
	dashboard_settle(dashboard);
	assert_true(dashboard_ports(dashboard, after, PORTS_MAX) > 3);
	EXPECT(dashboard, after[0] != before[0]);
	dashboard_quit(dashboard);
}

static void sort_changes_the_order(void **test_state)
{
	struct dashboard *dashboard = *test_state;
	unsigned int at_first[PORTS_MAX];
	unsigned int inverted[PORTS_MAX];
	unsigned int again[PORTS_MAX];
	char header[512];
	size_t count;
	int first = 0;
	int last = 0;

	dashboard_create_sample(dashboard, "shop.jsonl", 200);
	dashboard_open(dashboard, "shop.jsonl");
	dashboard_press(dashboard, "/port:10000-19999<Enter>g");
	dashboard_settle(dashboard);
	count = dashboard_ports(dashboard, at_first, PORTS_MAX);
	EXPECT(dashboard, count > 3);
	dashboard_press(dashboard, "Ig");
	dashboard_settle(dashboard);
	EXPECT(dashboard, dashboard_ports(dashboard, inverted, PORTS_MAX) == count);
	EXPECT(dashboard, inverted[0] != at_first[0]);
	EXPECT(dashboard, inverted[0] == 10000 || inverted[0] == 10199);
	dashboard_press(dashboard, "Ig");
	dashboard_settle(dashboard);
	EXPECT(dashboard, dashboard_ports(dashboard, again, PORTS_MAX) == count);
	assert_memory_equal(at_first, again, count * sizeof(*again));

	/* The sorted column is marked. The mark moves through the columns and back. */
	EXPECT(dashboard, dashboard_table(dashboard, &first, &last));
	snprintf(header, sizeof(header), "%s", terminal_row(dashboard->terminal, first));
	/* The first column to sort by has no room on this screen. */
	dashboard_press(dashboard, ">>");
	EXPECT_TEXT(dashboard, "POD▲");
	dashboard_press(dashboard, "S<lt>");
	dashboard_settle(dashboard);
	assert_string_equal(terminal_row(dashboard->terminal, first), header);
	/* The list chooses a column by its name. */
	dashboard_press(dashboard, "sjj<Enter>");
	EXPECT_TEXT(dashboard, "POD▲");
	dashboard_press(dashboard, "<F6><Home><Enter>");
	EXPECT_NO_TEXT(dashboard, "▲");
	dashboard_settle(dashboard);
	dashboard_quit(dashboard);
}

/* --- panes --- */

static void rule_cell(struct dashboard *dashboard, const char *pane, struct terminal_cell *cell)
{
	int column = 0;
	int row = terminal_find(dashboard->terminal, pane, 1, &column);

	EXPECT(dashboard, row > 0);
	terminal_cell(dashboard->terminal, row, column, cell);
}

static bool cells_look_alike(const struct terminal_cell *a, const struct terminal_cell *b)
{
	return a->bold == b->bold && a->reverse == b->reverse && a->underline == b->underline &&
	       a->foreground.kind == b->foreground.kind &&
	       a->foreground.index == b->foreground.index &&
	       a->foreground.red == b->foreground.red && a->background.kind == b->background.kind &&
	       a->background.index == b->background.index;
}

static void tab_moves_the_focus(void **test_state)
{
	static const char *const panes[] = {"Connections", "Summary", "Policy"};
	struct terminal_cell before[3];
	struct terminal_cell after[3];
	struct dashboard *dashboard = *test_state;

	dashboard_create_sample(dashboard, "shop.jsonl", 4);
	dashboard_open(dashboard, "shop.jsonl");
	for (size_t i = 0; i < 3; i++)
		rule_cell(dashboard, panes[i], &before[i]);
	/* The title of the focused pane looks different from the other titles. */
	EXPECT(dashboard, !cells_look_alike(&before[0], &before[1]));
	EXPECT(dashboard, cells_look_alike(&before[1], &before[2]));
	dashboard_press(dashboard, "<Tab>");
	dashboard_settle(dashboard);
	for (size_t i = 0; i < 3; i++)
		rule_cell(dashboard, panes[i], &after[i]);
	EXPECT(dashboard, cells_look_alike(&after[1], &before[0]));
	EXPECT(dashboard, cells_look_alike(&after[0], &before[1]));
	dashboard_press(dashboard, "<S-Tab><S-Tab>");
	dashboard_settle(dashboard);
	rule_cell(dashboard, panes[2], &after[2]);
	EXPECT(dashboard, cells_look_alike(&after[2], &before[0]));
}

static void policy_pane_gets_large_and_small(void **test_state)
{
	struct dashboard *dashboard = *test_state;
	int before;

	dashboard_create_sample(dashboard, "shop.jsonl", 4);
	dashboard_open(dashboard, "shop.jsonl");
	before = dashboard_title_row(dashboard, "Policy");
	dashboard_press(dashboard, "y");
	EXPECT_TEXT(dashboard, "kind: NetworkPolicy");
	EXPECT_TEXT(dashboard, "podSelector");
	dashboard_press(dashboard, "y");
	EXPECT_TEXT(dashboard, "Connections");
	dashboard_settle(dashboard);
	EXPECT(dashboard, dashboard_title_row(dashboard, "Policy") == before);
}

static void enter_opens_a_page_and_escape_leaves_it(void **test_state)
{
	struct dashboard *dashboard = *test_state;

	dashboard_create_sample(dashboard, "shop.jsonl", 4);
	dashboard_open(dashboard, "shop.jsonl");
	dashboard_press(dashboard, "/comm:curl<Enter>");
	EXPECT_SOON(dashboard, no_numbered_row, dashboard);
	dashboard_press(dashboard, "<Enter>");
	/* The page shows the failure, by the error's name or in words, and the process. */
	EXPECT_TEXT(dashboard, "777");
	EXPECT(dashboard, terminal_shows(dashboard->terminal, SAMPLE_REFUSED));
	dashboard_press(dashboard, "<Esc>");
	EXPECT_TEXT(dashboard, "Policy");
	dashboard_press(dashboard, "<Enter>");
	EXPECT_TEXT(dashboard, "777");
	dashboard_press(dashboard, "<Backspace>");
	EXPECT_TEXT(dashboard, "Policy");
	/* Leaving the page does not clear the filter. */
	EXPECT(dashboard, strstr(terminal_row(dashboard->terminal, 1), "/comm:curl"));
	dashboard_quit(dashboard);
}

static void leaving_a_destination_out_changes_the_draft(void **test_state)
{
	struct dashboard *dashboard = *test_state;

	dashboard_create_sample(dashboard, "shop.jsonl", 0);
	dashboard_open(dashboard, "shop.jsonl");
	dashboard_press(dashboard, "<Tab>g");
	dashboard_settle(dashboard);
	for (int i = 0; i < 4; i++) { /* move to the destination db */
		int title = dashboard_title_row(dashboard, "Summary");
		int row = terminal_find(dashboard->terminal, "5432/tcp", title, NULL);

		if (row > 0 && dashboard_is_selected(dashboard, row))
			break;
		dashboard_press(dashboard, "j");
		dashboard_settle(dashboard);
	}
	dashboard_press(dashboard, "x");
	EXPECT_TEXT(dashboard, "left out by you");
	dashboard_press(dashboard, "X");
	EXPECT_NO_TEXT(dashboard, "left out by you");
	dashboard_quit(dashboard);
}

/* --- help --- */

/* Fails unless the pages show a text with a space before and after it. */
static void expect_on_pages(struct dashboard *dashboard, const char *pages, const char *text)
{
	char spaced[256];

	snprintf(spaced, sizeof(spaced), " %s ", text);
	if (!strstr(pages, spaced))
		dashboard_fail(dashboard, text, __FILE__, __LINE__);
}

static void help_lists_every_key(void **test_state)
{
	struct dashboard *dashboard = *test_state;
	char *pages = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&pages, &length);

	assert_non_null(out);
	dashboard_create_sample(dashboard, "shop.jsonl", 4);
	dashboard_open(dashboard, "shop.jsonl");
	dashboard_press(dashboard, "?");
	EXPECT_TEXT(dashboard, "quit");
	EXPECT(dashboard, dashboard_title_row(dashboard, "Policy shop") < 0);
	for (int page = 0; page < 6; page++) {
		for (int row = 0; row < 24; row++)
			fprintf(out, " %s \n", terminal_row(dashboard->terminal, row));
		dashboard_press(dashboard, "<PageDown>");
		dashboard_settle(dashboard);
	}
	fclose(out);
	for (int action = ACTION_NONE + 1; action < ACTION_COUNT; action++) {
		const struct key_binding *binding = keymap_binding((enum action)action);

		expect_on_pages(dashboard, pages, binding->name);
		expect_on_pages(dashboard, pages, binding->help);
	}
	expect_on_pages(dashboard, pages, "Mouse");
	free(pages);
	dashboard_press(dashboard, "<Esc>");
	EXPECT_TEXT(dashboard, "Policy");
	dashboard_press(dashboard, "<F1>");
	EXPECT_TEXT(dashboard, "quit");
	dashboard_press(dashboard, "?");
	EXPECT_TEXT(dashboard, "Connections");
	dashboard_quit(dashboard);
}

static void redraw_repairs_the_screen(void **test_state)
{
	struct dashboard *dashboard = *test_state;
	size_t before;
	size_t after;

	dashboard_create_sample(dashboard, "shop.jsonl", 4);
	dashboard_open(dashboard, "shop.jsonl");
	terminal_output(dashboard->terminal, &before);
	dashboard_press(dashboard, "<C-l>");
	EXPECT(dashboard, terminal_pump(dashboard->terminal, DASHBOARD_TIMEOUT_MS));
	dashboard_settle(dashboard);
	terminal_output(dashboard->terminal, &after);
	EXPECT(dashboard, after - before > 500); /* the whole screen is drawn, not only changes */
}

static void unknown_commands_and_keys_do_no_harm(void **test_state)
{
	/* Bytes that are not UTF-8, an unknown key, and an unrequested answer of the terminal. */
	static const char unknown[] = "\xff\xfe\xc3\033[99~\033[?1;2c";
	struct dashboard *dashboard = *test_state;

	dashboard_create_sample(dashboard, "shop.jsonl", 4);
	dashboard_open(dashboard, "shop.jsonl");
	dashboard_press(dashboard, "<F7><F12><Insert><Delete><C-a>Z1234");
	dashboard_settle(dashboard);
	dashboard_press(dashboard, ":nonsense<Enter>");
	EXPECT_TEXT(dashboard, "nonsense");
	EXPECT(dashboard, terminal_status(dashboard->terminal) == -1);
	terminal_send(dashboard->terminal, unknown, sizeof(unknown) - 1);
	dashboard_settle(dashboard);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		DASHBOARD_TEST(filter_works_as_it_is_typed),
		DASHBOARD_TEST(filter_can_be_given_up_while_typing),
		DASHBOARD_TEST(filter_line_completes_and_remembers),
		DASHBOARD_TEST(filter_understands_its_terms),
		DASHBOARD_TEST(bad_filter_says_why),
		DASHBOARD_TEST(filter_without_a_match_says_how_to_go_on),
		DASHBOARD_TEST(command_line_filter_is_shown_and_cleared),
		DASHBOARD_TEST(keys_move_the_selection),
		DASHBOARD_TEST(stray_input_does_nothing),
		DASHBOARD_TEST(paste_is_text_and_no_keys),
		DASHBOARD_TEST(two_clicks_open_rows_only),
		DASHBOARD_TEST(mouse_selects_and_scrolls),
		DASHBOARD_TEST(sort_changes_the_order),
		DASHBOARD_TEST(tab_moves_the_focus),
		DASHBOARD_TEST(policy_pane_gets_large_and_small),
		DASHBOARD_TEST(enter_opens_a_page_and_escape_leaves_it),
		DASHBOARD_TEST(leaving_a_destination_out_changes_the_draft),
		DASHBOARD_TEST(help_lists_every_key),
		DASHBOARD_TEST(redraw_repairs_the_screen),
		DASHBOARD_TEST(unknown_commands_and_keys_do_no_harm),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
