/* SPDX-License-Identifier: Apache-2.0 */
/* The screen of a recording: the three panes, the header and the highlights, at every size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/dashboard.h"
#include "tests/support/sample.h"

static void three_panes_at_80_by_24(void **test_state)
{
	struct dashboard *dashboard = *test_state;
	int connections;
	int destinations;
	int policy;

	dashboard_create_sample(dashboard, "shop.jsonl", 3);
	dashboard_open(dashboard, "shop.jsonl");
	EXPECT(dashboard, terminal_modes(dashboard->terminal)->alternate_screen);
	EXPECT(dashboard, terminal_modes(dashboard->terminal)->cursor_hidden);
	connections = dashboard_title_row(dashboard, "Connections");
	destinations = dashboard_title_row(dashboard, "Summary");
	policy = dashboard_title_row(dashboard, "Policy");
	EXPECT(dashboard, connections > 0);
	EXPECT(dashboard, destinations > connections);
	EXPECT(dashboard, policy > destinations);
	/* Each pane has rows below its title. */
	EXPECT(dashboard, destinations - connections >= 4);
	EXPECT(dashboard, policy - destinations >= 2);
	EXPECT(dashboard, policy < 22);
	dashboard_quit(dashboard);
}

static void titles_count_rows(void **test_state)
{
	struct dashboard *dashboard = *test_state;
	const char *title;

	dashboard_create_sample(dashboard, "shop.jsonl", 1500);
	dashboard_open(dashboard, "shop.jsonl");
	/* 1,500 numbered connections, and the four connections of sample_write_stories. */
	EXPECT_TEXT(dashboard, "1,504");
	title = terminal_row(dashboard->terminal, dashboard_title_row(dashboard, "Connections"));
	EXPECT(dashboard, strstr(title, "1,504"));
	EXPECT(dashboard,
	       strstr(terminal_row(dashboard->terminal, dashboard_title_row(dashboard, "Summary")),
		      "1 workload"));
	EXPECT(dashboard,
	       strstr(terminal_row(dashboard->terminal, dashboard_title_row(dashboard, "Policy")),
		      "cart"));
}

static void header_says_how_things_are(void **test_state)
{
	struct dashboard *dashboard = *test_state;
	const char *header;

	dashboard_create_sample(dashboard, "shop.jsonl", 10);
	dashboard_open(dashboard, "shop.jsonl");
	header = terminal_row(dashboard->terminal, 0);
	EXPECT(dashboard, strstr(header, "polecat"));
	EXPECT(dashboard, strstr(header, SAMPLE_NODE));
	EXPECT(dashboard, strstr(header, "11 open")); /* 10 numbered connections, and one to db */
	EXPECT(dashboard, strstr(header, "1…"));      /* hanging */
	EXPECT(dashboard, strstr(header, "1✕"));      /* failed */
	EXPECT(dashboard, strstr(header, "lost 0"));

	/* If there is room, the header uses words. */
	assert_int_equal(terminal_resize(dashboard->terminal, 30, 120), 0);
	dashboard_settle(dashboard);
	header = terminal_row(dashboard->terminal, 0);
	EXPECT(dashboard, strstr(header, "1 hanging  1 failed"));
}

static void lost_events_are_loud(void **test_state)
{
	struct dashboard *dashboard = *test_state;
	FILE *file = dashboard_create(dashboard, "lossy.jsonl");
	struct terminal_cell quiet;
	struct terminal_cell loud;
	int column = 0;

	dashboard_create_sample(dashboard, "shop.jsonl", 0);
	dashboard_open(dashboard, "shop.jsonl");
	EXPECT(dashboard, terminal_find(dashboard->terminal, "lost 0", 0, &column) == 0);
	terminal_cell(dashboard->terminal, 0, column, &quiet);

	sample_write(file, 0);
	fprintf(file, "{\"v\":1,\"kind\":\"lost\",\"where\":\"kernel\",\"count\":17}\n");
	fclose(file);
	dashboard_open(dashboard, "lossy.jsonl");
	EXPECT_TEXT(dashboard, "lost 17");
	EXPECT(dashboard, terminal_find(dashboard->terminal, "lost 17", 0, &column) == 0);
	terminal_cell(dashboard->terminal, 0, column, &loud);
	EXPECT(dashboard, loud.bold || loud.reverse || dashboard_is_red(&loud.foreground) ||
				  dashboard_is_red(&loud.background));
	EXPECT(dashboard, !dashboard_is_red(&quiet.foreground) && !quiet.reverse);
}

/* Gets the cell where the word for the row's state begins. */
static void state_cell(struct dashboard *dashboard, int row, const char *word,
		       struct terminal_cell *cell)
{
	int column = 0;

	EXPECT(dashboard, terminal_find(dashboard->terminal, word, row, &column) == row);
	terminal_cell(dashboard->terminal, row, column, cell);
}

static void failed_and_hanging_stand_out(void **test_state)
{
	struct dashboard *dashboard = *test_state;
	struct terminal_cell cell;
	int row;

	dashboard_create_sample(dashboard, "shop.jsonl", 0);
	dashboard_open(dashboard, "shop.jsonl");
	dashboard_press(dashboard, "G"); /* do not select the row of the refused attempt */

	row = dashboard_table_row(dashboard, SAMPLE_REFUSED);
	EXPECT(dashboard, row > 0);
	if (dashboard_selected_row(dashboard) == row) {
		dashboard_press(dashboard, "g");
		dashboard_settle(dashboard);
		row = dashboard_table_row(dashboard, SAMPLE_REFUSED);
	}
	EXPECT(dashboard, strstr(terminal_row(dashboard->terminal, row), "✕ refused"));
	state_cell(dashboard, row, "✕", &cell);
	EXPECT(dashboard, dashboard_is_red(&cell.foreground));

	row = dashboard_table_row(dashboard, SAMPLE_UNANSWERED);
	EXPECT(dashboard, row > 0);
	if (dashboard_selected_row(dashboard) == row) {
		dashboard_press(dashboard, "gj");
		dashboard_settle(dashboard);
		row = dashboard_table_row(dashboard, SAMPLE_UNANSWERED);
	}
	EXPECT(dashboard, strstr(terminal_row(dashboard->terminal, row), "hanging…"));
	EXPECT(dashboard, strstr(terminal_row(dashboard->terminal, row), "2.1s"));
	state_cell(dashboard, row, "hanging", &cell);
	EXPECT(dashboard, dashboard_is_yellow(&cell.foreground));
	EXPECT(dashboard, cell.bold);
	EXPECT(dashboard, !cell.blink);

	row = dashboard_table_row(dashboard, "5432");
	EXPECT(dashboard, row > 0);
	EXPECT(dashboard, strstr(terminal_row(dashboard->terminal, row), "established"));
}

static void rows_name_both_ends(void **test_state)
{
	struct dashboard *dashboard = *test_state;
	const char *row;

	dashboard_create_sample(dashboard, "shop.jsonl", 0);
	dashboard_open(dashboard, "shop.jsonl");
	row = terminal_row(dashboard->terminal, dashboard_table_row(dashboard, "5432"));
	EXPECT(dashboard, strstr(row, "cart-"));
	EXPECT(dashboard, strstr(row, "→"));
	EXPECT(dashboard, strstr(row, "db")); /* the pod's name, not its address */
	EXPECT(dashboard, strstr(row, "0.4ms"));
	EXPECT(dashboard, strstr(row, "1.2k"));
	EXPECT(dashboard, strstr(row, "34k"));
	row = terminal_row(dashboard->terminal, dashboard_table_row(dashboard, "✕"));
	EXPECT(dashboard, strstr(row, "curl"));
	row = terminal_row(dashboard->terminal, dashboard_table_row(dashboard, "8080"));
	EXPECT(dashboard, strstr(row, "←"));
}

static void closed_connections_come_and_go(void **test_state)
{
	struct dashboard *dashboard = *test_state;
	struct terminal_cell cell;
	int row;

	dashboard_create_sample(dashboard, "shop.jsonl", 0);
	dashboard_open(dashboard, "shop.jsonl");
	row = dashboard_table_row(dashboard, "8080");
	if (row < 0) {
		dashboard_press(dashboard, "c");
		EXPECT_TEXT(dashboard, "closed");
		row = dashboard_table_row(dashboard, "8080");
	}
	EXPECT(dashboard, row > 0);
	if (dashboard_selected_row(dashboard) != row) {
		state_cell(dashboard, row, "closed", &cell);
		EXPECT(dashboard, cell.dim || cell.foreground.kind != TERMINAL_COLOR_DEFAULT);
	}
	dashboard_press(dashboard, "c");
	EXPECT_TEXT(dashboard, "3 of 4");
	dashboard_settle(dashboard);
	EXPECT(dashboard, dashboard_table_row(dashboard, "8080") < 0);
	EXPECT(dashboard, dashboard_table_row(dashboard, "5432") > 0);
	dashboard_press(dashboard, "c");
	EXPECT_TEXT(dashboard, "Connections 4");
	dashboard_settle(dashboard);
	EXPECT(dashboard, dashboard_table_row(dashboard, "8080") > 0);
}

static void destinations_are_those_of_the_selected(void **test_state)
{
	struct dashboard *dashboard = *test_state;
	int title;
	int row;

	dashboard_create_sample(dashboard, "shop.jsonl", 0);
	dashboard_open(dashboard, "shop.jsonl");
	title = dashboard_title_row(dashboard, "Summary");
	row = terminal_find(dashboard->terminal, "5432/tcp", title, NULL);
	EXPECT(dashboard, row > title);
	EXPECT(dashboard, strstr(terminal_row(dashboard->terminal, row), "1 open"));
	/* Nothing failed. */
	EXPECT(dashboard, !strstr(terminal_row(dashboard->terminal, row), "✕"));
}

static void policy_is_drafted(void **test_state)
{
	struct dashboard *dashboard = *test_state;

	dashboard_create_sample(dashboard, "shop.jsonl", 0);
	dashboard_open(dashboard, "shop.jsonl");
	dashboard_press(dashboard, "y"); /* the policy large, as YAML */
	EXPECT_TEXT(dashboard, "Policy");
	EXPECT_TEXT(dashboard, "kind: NetworkPolicy");
	EXPECT(dashboard, terminal_shows(dashboard->terminal, "2 of 2 allowed"));
	dashboard_press(dashboard, "G");
	EXPECT_TEXT(dashboard, "app: db");
	EXPECT_TEXT(dashboard, "port: 5432");
	dashboard_press(dashboard, "g");
	EXPECT_TEXT(dashboard, "StatefulSet shop/cart");
}

static void rules_are_seen_in_the_small_policy_pane(void **test_state)
{
	struct dashboard *dashboard = *test_state;
	int title;

	dashboard_create_sample(dashboard, "shop.jsonl", 0);
	dashboard_open(dashboard, "shop.jsonl");
	title = dashboard_title_row(dashboard, "Policy");
	EXPECT(dashboard, title > 0);
	EXPECT(dashboard, terminal_find(dashboard->terminal, "ingress ← ", title, NULL) > title);
	EXPECT(dashboard, terminal_find(dashboard->terminal, "TCP 5432", title, NULL) > title);
}

static void no_color_is_obeyed(void **test_state)
{
	static const char *const environment[] = {"NO_COLOR=1", NULL};
	static const struct dashboard_options options = {
		.arguments = {"--host", "-i", "shop.jsonl"}, .environment = environment};
	struct dashboard *dashboard = *test_state;

	dashboard_create_sample(dashboard, "shop.jsonl", 3);
	dashboard_start(dashboard, &options);
	EXPECT_TEXT(dashboard, "refused");
	dashboard_settle(dashboard);
	for (int row = 0; row < 24; row++) {
		for (int column = 0; column < 80; column++) {
			struct terminal_cell cell;

			terminal_cell(dashboard->terminal, row, column, &cell);
			EXPECT(dashboard, cell.foreground.kind == TERMINAL_COLOR_DEFAULT);
			EXPECT(dashboard, cell.background.kind == TERMINAL_COLOR_DEFAULT);
		}
	}
	dashboard_press(dashboard, "j");
	dashboard_settle(dashboard);
	/* Without colours, reverse video or a mark shows the selected row. */
	EXPECT(dashboard, dashboard_selected_row(dashboard) > 0);
}

static void nothing_blinks(void **test_state)
{
	struct dashboard *dashboard = *test_state;

	dashboard_create_sample(dashboard, "shop.jsonl", 30);
	dashboard_open(dashboard, "shop.jsonl");
	for (int row = 0; row < 24; row++) {
		for (int column = 0; column < 80; column++) {
			struct terminal_cell cell;

			terminal_cell(dashboard->terminal, row, column, &cell);
			EXPECT(dashboard, !cell.blink);
		}
	}
}

static void an_empty_dashboard_says_what_to_do(void **test_state)
{
	static const struct dashboard_options options = {.arguments = {"--host", "-i", "-"},
							 .fed = true};
	struct dashboard *dashboard = *test_state;

	dashboard_start(dashboard, &options);
	EXPECT_TEXT(dashboard, "no connections yet");
	dashboard_settle(dashboard);
	EXPECT(dashboard, dashboard_title_row(dashboard, "Summary") > 0);
	dashboard_press(dashboard,
			"jkgG<PageDown><Enter><Esc>xXyye<Esc>ss<Esc><C-l>"); /* no key fails */
	EXPECT_TEXT(dashboard, "no connections yet");
	dashboard_quit(dashboard);
}

static void every_size_works(void **test_state)
{
	static const int sizes[][2] = {{60, 200}, {12, 40}, {5, 20},  {3, 10}, {1, 1},
				       {2, 300},  {16, 60}, {15, 59}, {24, 80}};
	struct dashboard *dashboard = *test_state;

	dashboard_create_sample(dashboard, "shop.jsonl", 100);
	dashboard_open(dashboard, "shop.jsonl");
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		assert_int_equal(terminal_resize(dashboard->terminal, sizes[i][0], sizes[i][1]), 0);
		dashboard_settle(dashboard);
		EXPECT(dashboard, terminal_status(dashboard->terminal) == -1);
	}
	EXPECT_TEXT(dashboard, "Policy");
	EXPECT(dashboard, dashboard_title_row(dashboard, "Connections") > 0);
	EXPECT(dashboard, dashboard_title_row(dashboard, "Summary") > 0);
	EXPECT(dashboard, strstr(terminal_row(dashboard->terminal, 0), SAMPLE_NODE));
	dashboard_quit(dashboard);
}

static void small_windows_show_one_pane(void **test_state)
{
	struct dashboard *dashboard = *test_state;

	dashboard_create_sample(dashboard, "shop.jsonl", 10);
	dashboard_open(dashboard, "shop.jsonl");
	terminal_resize(dashboard->terminal, 12, 40);
	EXPECT_NO_TEXT(dashboard, "┌");
	dashboard_settle(dashboard);
	/* The second line has tabs with the names of the panes. */
	EXPECT(dashboard, strstr(terminal_row(dashboard->terminal, 1), "Connections"));
	EXPECT(dashboard, strstr(terminal_row(dashboard->terminal, 1), "Sum"));
	EXPECT(dashboard, strstr(terminal_row(dashboard->terminal, 1), "Policy"));
	dashboard_press(dashboard, "<Tab>");
	EXPECT_TEXT(dashboard, "10000/tcp");
	dashboard_press(dashboard, "<Tab>");
	EXPECT_TEXT(dashboard, "ingress ← ");
	dashboard_press(dashboard, "<Tab>");
	EXPECT_TEXT(dashboard, "STATE");
	/* A window below the minimum size shows one line with that size. */
	terminal_resize(dashboard->terminal, 3, 18);
	dashboard_settle(dashboard);
	EXPECT(dashboard, strstr(terminal_row(dashboard->terminal, 0), "20x5"));
	dashboard_quit(dashboard);
}

static void wide_windows_show_more(void **test_state)
{
	static const struct dashboard_options options = {
		.arguments = {"--host", "-i", "shop.jsonl"}, .rows = 60, .columns = 200};
	struct dashboard *dashboard = *test_state;
	int connections = 0;
	int destinations = 0;
	int row;

	dashboard_create_sample(dashboard, "shop.jsonl", 100);
	dashboard_start(dashboard, &options);
	EXPECT_TEXT(dashboard, "Policy");
	EXPECT_TEXT(dashboard, SAMPLE_UNANSWERED);
	dashboard_settle(dashboard);
	/* Connections and destinations are side by side, with the policy below. */
	row = terminal_find(dashboard->terminal, "Connections", 1, &connections);
	EXPECT(dashboard, row > 0);
	EXPECT(dashboard, terminal_find(dashboard->terminal, "Summary", 1, &destinations) == row);
	EXPECT(dashboard, destinations > connections + 80);
	EXPECT(dashboard, dashboard_title_row(dashboard, "Policy") > row + 10);
	/* Names are not shortened. */
	EXPECT(dashboard, terminal_shows(dashboard->terminal, SAMPLE_POD));
	EXPECT(dashboard, terminal_shows(dashboard->terminal, "4242"));
	dashboard_quit(dashboard);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		DASHBOARD_TEST(three_panes_at_80_by_24),
		DASHBOARD_TEST(titles_count_rows),
		DASHBOARD_TEST(header_says_how_things_are),
		DASHBOARD_TEST(lost_events_are_loud),
		DASHBOARD_TEST(failed_and_hanging_stand_out),
		DASHBOARD_TEST(rows_name_both_ends),
		DASHBOARD_TEST(closed_connections_come_and_go),
		DASHBOARD_TEST(destinations_are_those_of_the_selected),
		DASHBOARD_TEST(policy_is_drafted),
		DASHBOARD_TEST(rules_are_seen_in_the_small_policy_pane),
		DASHBOARD_TEST(no_color_is_obeyed),
		DASHBOARD_TEST(nothing_blinks),
		DASHBOARD_TEST(an_empty_dashboard_says_what_to_do),
		DASHBOARD_TEST(every_size_works),
		DASHBOARD_TEST(small_windows_show_one_pane),
		DASHBOARD_TEST(wide_windows_show_more),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
