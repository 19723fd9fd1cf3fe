/* SPDX-License-Identifier: Apache-2.0 */
/* The places of the panes, and the columns of the table, on screens of every size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <string.h>

#include <cmocka.h>

#include "core/state/conn_words.h"
#include "tui/dashboard/screen/glyphs.h"
#include "tui/dashboard/screen/layout.h"
#include "tui/dashboard/table/table_layout.h"

static const struct layout_choice usual = {.focus = PANE_CONNECTIONS};

static void kinds_change_at_their_sizes(void **state)
{
	static const struct {
		int rows;
		int columns;
		enum layout_kind kind;
	} cases[] = {
		{24, 80, LAYOUT_STACKED}, {16, 60, LAYOUT_STACKED},  {15, 60, LAYOUT_TABS},
		{16, 59, LAYOUT_TABS},    {5, 20, LAYOUT_TABS},      {4, 20, LAYOUT_TINY},
		{5, 19, LAYOUT_TINY},     {1, 1, LAYOUT_TINY},       {0, 0, LAYOUT_TINY},
		{60, 200, LAYOUT_WIDE},   {30, 160, LAYOUT_WIDE},    {30, 159, LAYOUT_STACKED},
		{29, 160, LAYOUT_BESIDE}, {29, 159, LAYOUT_STACKED}, {16, 160, LAYOUT_BESIDE},
		{15, 160, LAYOUT_TABS},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct layout layout;

		layout_compute(cases[i].rows, cases[i].columns, &usual, &layout);
		assert_int_equal(layout.kind, cases[i].kind);
	}
}

/* A large pane has more lines or columns than at its usual size, and more than each other pane. */
static void large_pane_is_larger(void **state)
{
	static const int sizes[][2] = {{24, 80}, {60, 200}, {20, 200}};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct layout before;

		layout_compute(sizes[i][0], sizes[i][1], &usual, &before);
		for (int pane = 0; pane < PANE_COUNT; pane++) {
			const struct layout_choice choice = {.large = 1 + pane};
			struct layout layout;

			layout_compute(sizes[i][0], sizes[i][1], &choice, &layout);
			assert_true(layout.body[pane].rows * layout.body[pane].columns >
				    before.body[pane].rows * before.body[pane].columns);
		}
	}
}

static bool inside(const struct rect *rect, int rows, int columns)
{
	return rect->row >= 0 && rect->column >= 0 && rect->rows >= 0 && rect->columns >= 0 &&
	       rect->row + rect->rows <= rows && rect->column + rect->columns <= columns;
}

static bool overlap(const struct rect *a, const struct rect *b)
{
	return a->row < b->row + b->rows && b->row < a->row + a->rows &&
	       a->column < b->column + b->columns && b->column < a->column + a->columns;
}

/* Checks that nothing leaves the screen, that the bodies of the panes do not overlap, and that the
 * focused pane is visible. */
static void expect_sound(int rows, int columns, const struct layout_choice *choice)
{
	struct layout layout;

	layout_compute(rows, columns, choice, &layout);
	assert_true(inside(&layout.header, rows, columns));
	assert_true(inside(&layout.footer, rows, columns));
	assert_true(inside(&layout.middle, rows, columns));
	for (int pane = 0; pane < PANE_COUNT; pane++) {
		assert_true(inside(&layout.frame[pane], rows, columns));
		assert_true(inside(&layout.body[pane], rows, columns));
		assert_false(overlap(&layout.body[pane], &layout.header) &&
			     layout.body[pane].rows > 0);
		assert_false(overlap(&layout.body[pane], &layout.footer) &&
			     layout.body[pane].rows > 0);
		for (int other = 0; other < pane; other++)
			assert_false(overlap(&layout.body[pane], &layout.body[other]));
	}
	if (layout.kind != LAYOUT_TINY)
		assert_true(layout.body[choice->focus].rows > 0 &&
			    layout.body[choice->focus].columns > 0);
	if (layout.kind == LAYOUT_STACKED || layout.kind == LAYOUT_WIDE ||
	    layout.kind == LAYOUT_BESIDE) {
		for (int pane = 0; pane < (choice->no_policy ? PANE_POLICY : PANE_COUNT); pane++)
			assert_true(layout.body[pane].rows >= 2);
	}
}

static void every_size_is_sound(void **state)
{
	(void)state;
	for (int rows = 0; rows < 70; rows++) {
		for (int columns = 0; columns < 220; columns += 3) {
			for (int focus = 0; focus < PANE_COUNT; focus++) {
				struct layout_choice choice = {.focus = (enum pane)focus};

				for (; choice.large <= PANE_COUNT; choice.large++)
					expect_sound(rows, columns, &choice);
				choice.large = 0;
				choice.zoomed = true;
				expect_sound(rows, columns, &choice);
				choice.zoomed = false;
				choice.no_policy = true;
				if (focus != PANE_POLICY)
					expect_sound(rows, columns, &choice);
			}
		}
	}
}

/* Each border moves by the lines or columns that are asked for, within the limits, and the panes
 * that do not touch it keep their sizes. */
static void borders_move(void **state)
{
	static const struct {
		int rows;
		int columns;
		enum layout_split split;
		int delta;
		int connections; /* the change of its lines, or of its columns */
		int summary;
		int policy;
	} cases[] = {
		{24, 80, LAYOUT_SPLIT_UPPER, 2, 2, -2, 0},
		{24, 80, LAYOUT_SPLIT_UPPER, -3, -3, 3, 0},
		{24, 80, LAYOUT_SPLIT_LOWER, 2, 0, 2, -2},
		{40, 120, LAYOUT_SPLIT_LOWER, -4, 0, -4, 4},
		/* The summary keeps two lines. */
		{24, 80, LAYOUT_SPLIT_UPPER, 20, 3, -3, 0},
		{60, 200, LAYOUT_SPLIT_COLUMN, 6, 6, 0, 0},
		{60, 200, LAYOUT_SPLIT_LOWER, 5, 0, 5, -5},
		{20, 200, LAYOUT_SPLIT_COLUMN, -7, -7, 0, 0},
		{20, 200, LAYOUT_SPLIT_LOWER, 1, 0, 1, -1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		bool column = cases[i].split == LAYOUT_SPLIT_COLUMN;
		struct layout_choice choice = {.focus = PANE_CONNECTIONS};
		struct layout before;
		struct layout after;

		layout_compute(cases[i].rows, cases[i].columns, &usual, &before);
		layout_move(&before, cases[i].split, cases[i].delta, &choice.shares);
		layout_compute(cases[i].rows, cases[i].columns, &choice, &after);
		if (column)
			assert_int_equal(after.frame[PANE_CONNECTIONS].columns -
						 before.frame[PANE_CONNECTIONS].columns,
					 cases[i].connections);
		else if (after.kind == LAYOUT_STACKED)
			assert_int_equal(after.body[PANE_CONNECTIONS].rows -
						 before.body[PANE_CONNECTIONS].rows,
					 cases[i].connections);
		assert_int_equal(after.body[PANE_SUMMARY].rows - before.body[PANE_SUMMARY].rows,
				 cases[i].summary);
		assert_int_equal(after.body[PANE_POLICY].rows - before.body[PANE_POLICY].rows,
				 cases[i].policy);
	}
}

/* A border is found where it is drawn, and on no other cell. */
static void borders_are_found(void **state)
{
	struct layout layout;

	(void)state;
	layout_compute(24, 80, &usual, &layout);
	assert_int_equal(layout_split_at(&layout, layout.frame[PANE_SUMMARY].row, 9),
			 LAYOUT_SPLIT_UPPER);
	assert_int_equal(layout_split_at(&layout, layout.frame[PANE_POLICY].row, 9),
			 LAYOUT_SPLIT_LOWER);
	assert_int_equal(layout_split_at(&layout, 1, 9), LAYOUT_SPLIT_NONE);
	assert_int_equal(layout_split_at(&layout, 22, 9), LAYOUT_SPLIT_NONE);
	assert_int_equal(layout_split_at(&layout, 5, 9), LAYOUT_SPLIT_NONE);
	layout_compute(60, 200, &usual, &layout);
	assert_int_equal(layout_split_at(&layout, 9, layout.frame[PANE_SUMMARY].column),
			 LAYOUT_SPLIT_COLUMN);
	assert_int_equal(layout_split_at(&layout, 55, layout.frame[PANE_SUMMARY].column),
			 LAYOUT_SPLIT_NONE);
	assert_int_equal(layout_split_at(&layout, layout.frame[PANE_POLICY].row, 9),
			 LAYOUT_SPLIT_LOWER);
	layout_compute(24, 80, &(struct layout_choice){.zoomed = true}, &layout);
	for (int row = 0; row < 24; row++)
		assert_int_equal(layout_split_at(&layout, row, 0), LAYOUT_SPLIT_NONE);
}

/* With any shares, also those of another screen, each pane keeps its least size. */
static void any_shares_are_sound(void **state)
{
	(void)state;
	for (int rows = 16; rows < 70; rows += 3) {
		for (int columns = 60; columns < 220; columns += 9) {
			for (int share = 1; share <= 990; share += 43) {
				struct layout_choice choice = {
					.focus = PANE_SUMMARY,
					.shares = {share, 991 - share, share, share, share, share},
				};

				expect_sound(rows, columns, &choice);
				choice.shares.stack_policy = share;
				expect_sound(rows, columns, &choice);
				choice.focus = PANE_CONNECTIONS;
				choice.no_policy = true;
				expect_sound(rows, columns, &choice);
			}
		}
	}
}

/* Without the policy, the other panes get all its lines, and the note has a place in the lowest
 * border. */
static void no_policy_leaves_its_lines(void **state)
{
	static const int sizes[][2] = {{24, 80}, {60, 200}, {20, 200}};
	const struct layout_choice choice = {.no_policy = true};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct layout before;
		struct layout layout;

		layout_compute(sizes[i][0], sizes[i][1], &usual, &before);
		layout_compute(sizes[i][0], sizes[i][1], &choice, &layout);
		assert_int_equal(before.folded.rows, 0);
		assert_int_equal(layout.body[PANE_POLICY].rows, 0);
		assert_int_equal(layout.frame[PANE_POLICY].rows, 0);
		assert_true(layout.body[PANE_CONNECTIONS].rows + layout.body[PANE_SUMMARY].rows >
			    before.body[PANE_CONNECTIONS].rows + before.body[PANE_SUMMARY].rows);
		assert_true(layout.body[PANE_CONNECTIONS].rows >=
			    before.body[PANE_CONNECTIONS].rows);
		assert_int_equal(layout.folded.rows, 1);
		assert_int_equal(layout.folded.row, sizes[i][0] - 2);
		assert_true(layout_border(&layout, layout.folded.row, layout.folded.column) ==
			    (BORDER_LEFT | BORDER_RIGHT));
	}
}

/* If a cell has a border line to its right or lower neighbour, the neighbour has a border line to
 * this cell, and vice versa. */
static void borders_meet(void **state)
{
	static const int sizes[][2] = {{24, 80}, {60, 200}, {30, 160}, {16, 60}, {20, 200}};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct layout layout;

		layout_compute(sizes[i][0], sizes[i][1], &usual, &layout);
		for (int row = 0; row < sizes[i][0]; row++) {
			for (int column = 0; column < sizes[i][1]; column++) {
				unsigned int here = layout_border(&layout, row, column);
				unsigned int right = layout_border(&layout, row, column + 1);
				unsigned int below = layout_border(&layout, row + 1, column);

				assert_int_equal((here & BORDER_RIGHT) != 0,
						 (right & BORDER_LEFT) != 0);
				assert_int_equal((here & BORDER_DOWN) != 0,
						 (below & BORDER_UP) != 0);
			}
		}
	}
}

static void neighbours_share_a_line(void **state)
{
	struct layout layout;

	(void)state;
	layout_compute(24, 80, &usual, &layout);
	assert_int_equal(layout_border(&layout, 1, 0), BORDER_DOWN | BORDER_RIGHT);
	assert_int_equal(layout_border(&layout, layout.frame[PANE_SUMMARY].row, 0),
			 BORDER_UP | BORDER_DOWN | BORDER_RIGHT);
	assert_int_equal(layout_border(&layout, 22, 79), BORDER_UP | BORDER_LEFT);
	assert_int_equal(layout_border(&layout, 0, 0), 0);
	layout_compute(60, 200, &usual, &layout);
	assert_int_equal(layout_border(&layout, 1, layout.frame[PANE_SUMMARY].column),
			 BORDER_DOWN | BORDER_LEFT | BORDER_RIGHT);
	assert_int_equal(layout_border(&layout, layout.frame[PANE_POLICY].row,
				       layout.frame[PANE_SUMMARY].column),
			 BORDER_UP | BORDER_LEFT | BORDER_RIGHT);
}

/* Lays the table out. The user chose no columns. */
static void choose(const struct table_facts *facts, int width, bool wide, int pan,
		   struct table_layout *out)
{
	const struct column_list none = {.count = 0};

	table_layout_choose(facts, &(struct table_choice){&none, wide, pan}, width, out);
}

static bool has(const struct table_layout *layout, const struct column *column)
{
	for (size_t i = 0; i < layout->count; i++) {
		if (layout->slots[i].column == column)
			return true;
	}
	return false;
}

static void columns_fit_and_grow(void **state)
{
	static const struct table_facts facts[] = {
		{0}, {.pods = true, .containers = true, .names = true}};

	(void)state;
	for (size_t fact = 0; fact < 2; fact++) {
		size_t before = 0;

		for (int width = 1; width < 250; width++) {
			struct table_layout layout;

			choose(&facts[fact], width, false, 0, &layout);
			assert_true(layout.count >= before);
			before = layout.count;
			for (size_t i = 0; i < layout.count; i++) {
				const struct table_slot *slot = &layout.slots[i];

				assert_true(slot->start >= TABLE_MARGIN);
				assert_true(slot->start + slot->width <= width);
				if (i > 0)
					assert_int_equal(slot->start,
							 slot[-1].start + slot[-1].width + 1);
			}
		}
	}
}

/* These columns fit on a screen of 80 columns. */
static void eighty_columns_hold_the_table(void **state)
{
	static const char *const expected[] = {
		"POD", "COMM", "DIR", "PEER", "DPORT", "STATE", "LAT", "TX", "RX",
	};
	const struct table_facts facts = {.pods = true, .containers = true, .names = true};
	struct table_layout layout;

	(void)state;
	choose(&facts, 78, false, 0, &layout);
	assert_int_equal(layout.count, sizeof(expected) / sizeof(*expected));
	for (size_t i = 0; i < layout.count; i++)
		assert_string_equal(layout.slots[i].column->name, expected[i]);
}

/* Returns the columns of the longest text in STATE: a failure with its sign, or another word. */
static int longest_state(void)
{
	int longest = (int)strlen("end not seen");

	for (int error = 0; error < 134; error++) {
		int length = 2 + (int)strlen(conn_failure_word(error));

		longest = length > longest ? length : longest;
	}
	return longest;
}

/* The signs of a denial and of a new destination take no room from the words of the state. Words
 * are whole on large screens, and wherever space is left. */
static void states_are_whole(void **state)
{
	const struct column *column = column_find("STATE");

	(void)state;
	for (unsigned int sign = 0; sign < 4; sign++) {
		const struct table_facts facts = {
			.pods = true,
			.names = true,
			.policies = (sign & 1) != 0,
			.baseline = (sign & 2) != 0,
		};
		int signs = (facts.policies ? 2 : 0) + (facts.baseline ? 4 : 0);

		for (int width = 60; width < 250; width++) {
			struct table_layout layout;
			const struct table_slot *last;
			int room = 0;

			choose(&facts, width, false, 0, &layout);
			last = &layout.slots[layout.count - 1];
			for (size_t i = 0; i < layout.count; i++) {
				if (layout.slots[i].column == column)
					room = layout.slots[i].width - signs;
			}
			if (width < 130 && last->start + last->width == width)
				continue;
			if (room < longest_state())
				fail_msg("width %d, signs %u: %d columns for words of %d", width,
					 sign, room, longest_state());
		}
	}
}

static void empty_columns_are_left_out(void **state)
{
	struct table_layout layout;
	struct table_facts facts = {0};

	(void)state;
	choose(&facts, 240, true, 0, &layout);
	assert_false(has(&layout, column_find("NODE")));
	assert_false(has(&layout, column_find("NAMESPACE")));
	assert_false(has(&layout, column_find("POD")));
	assert_false(has(&layout, column_find("ADDRESS")));
	assert_true(has(&layout, column_find("PID")));
	facts.containers = true;
	choose(&facts, 240, true, 0, &layout);
	assert_true(has(&layout, column_find("POD")));
	assert_string_equal(table_layout_heading(column_find("POD"), &facts), "CONTAINER");
	facts.pods = true;
	assert_string_equal(table_layout_heading(column_find("POD"), &facts), "POD");
}

/* In the wide table, panning reaches each column. */
static void panning_reaches_every_column(void **state)
{
	const struct table_facts facts = {true, true, true, true, true, true, true, true};
	const struct column *columns[COLUMN_MAX];
	size_t count = column_list_table(columns);
	bool seen[COLUMN_MAX] = {false};
	struct table_layout layout;
	int pan = 0;

	(void)state;
	do {
		choose(&facts, 60, true, pan++, &layout);
		for (size_t i = 0; i < count; i++)
			seen[i] |= has(&layout, columns[i]);
	} while (layout.more);
	for (size_t i = 0; i < count; i++)
		assert_true(seen[i]);
}

/* The columns that the user chose stand in the user's order, also those that no connection needs.
 * Those that do not fit are left out at the right, and panning reaches them. */
static void chosen_columns_are_shown(void **state)
{
	const struct table_facts facts = {.pods = true};
	char why[COLUMN_LIST_WHY_SIZE];
	struct column_list list;
	struct table_layout layout;
	struct table_choice choice = {.columns = &list};

	(void)state;
	assert_int_equal(column_list_parse("state, PEER,node,ns", &list, why), 0);
	table_layout_choose(&facts, &choice, 100, &layout);
	assert_int_equal(layout.count, 4);
	assert_false(layout.more);
	assert_string_equal(layout.slots[0].column->name, "STATE");
	assert_string_equal(layout.slots[2].column->name, "NODE");
	assert_string_equal(layout.slots[3].column->name, "NAMESPACE");
	table_layout_choose(&facts, &choice, 30, &layout);
	assert_true(layout.more);
	assert_int_equal(layout.count, 2);
	choice.pan = 2;
	table_layout_choose(&facts, &choice, 30, &layout);
	assert_false(layout.more);
	assert_string_equal(layout.slots[0].column->name, "NODE");
	/* All columns, for a moment. */
	choice = (struct table_choice){.columns = &list, .wide = true};
	table_layout_choose(&facts, &choice, 200, &layout);
	assert_true(has(&layout, column_find("COMM")));
}

static void lists_of_columns_are_read_and_written(void **state)
{
	static const struct {
		const char *text;
		const char *written; /* NULL: refused */
		const char *why;
	} cases[] = {
		{"", "", ""},
		{"pod", "pod", ""},
		{" Pod,PORT , state", "pod,port,state", ""},
		{"dport,rate", "port,b/s", ""},
		{"dir,B/S", "dir,b/s", ""},
		{"pod,nothing", NULL, "no column 'nothing': some of node,namespace,pod,"},
		/* Columns of trace are no columns of the table. */
		{"uid", NULL, "no column 'uid'"},
		{"pod,comm,POD", NULL, "each column was expected once: POD"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char why[COLUMN_LIST_WHY_SIZE] = "";
		char text[COLUMN_LIST_TEXT_SIZE];
		struct column_list list;

		assert_int_equal(column_list_parse(cases[i].text, &list, why),
				 cases[i].written ? 0 : -EINVAL);
		column_list_format(&list, text);
		assert_string_equal(text, cases[i].written ? cases[i].written : "");
		assert_non_null(strstr(why, cases[i].why));
	}
}

/* The settings have room for all columns. */
static void all_columns_have_a_text(void **state)
{
	struct column_list all;
	struct column_list read;
	char text[COLUMN_LIST_TEXT_SIZE];
	char why[COLUMN_LIST_WHY_SIZE];

	(void)state;
	all.count = column_list_table(all.items);
	column_list_format(&all, text);
	assert_true(strlen(text) + 1 < sizeof(text));
	assert_int_equal(column_list_parse(text, &read, why), 0);
	assert_int_equal(read.count, all.count);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds_change_at_their_sizes),
		cmocka_unit_test(every_size_is_sound),
		cmocka_unit_test(large_pane_is_larger),
		cmocka_unit_test(no_policy_leaves_its_lines),
		cmocka_unit_test(borders_move),
		cmocka_unit_test(borders_are_found),
		cmocka_unit_test(any_shares_are_sound),
		cmocka_unit_test(borders_meet),
		cmocka_unit_test(neighbours_share_a_line),
		cmocka_unit_test(columns_fit_and_grow),
		cmocka_unit_test(eighty_columns_hold_the_table),
		cmocka_unit_test(states_are_whole),
		cmocka_unit_test(empty_columns_are_left_out),
		cmocka_unit_test(panning_reaches_every_column),
		cmocka_unit_test(chosen_columns_are_shown),
		cmocka_unit_test(lists_of_columns_are_read_and_written),
		cmocka_unit_test(all_columns_have_a_text),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
