/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/screen/layout.h"

#include <string.h>

#include "tui/dashboard/screen/glyphs.h"

#define TINY_ROWS    5
#define TINY_COLUMNS 20
#define TABS_ROWS    16
#define TABS_COLUMNS 60
#define WIDE_ROWS    30
#define WIDE_COLUMNS 160

/* Parts of the room in thousandths, by layout_choice.large. */
static const struct layout_shares {
	/* LAYOUT_STACKED: lines of the two lower panes. The table of connections gets the rest.
	 * Usually that is the most, because its rows change fastest. */
	int stack_summary;
	int stack_policy;
	int wide_upper; /* LAYOUT_WIDE: lines of the upper panes */
	int wide_left;  /* and columns of the left one */
	int beside_left;
	int beside_upper; /* LAYOUT_BESIDE: lines of the upper right pane */
} layout_shares[1 + PANE_COUNT] = {
	{280, 300, 600, 667, 600, 500},
	[1 + PANE_CONNECTIONS] = {150, 150, 750, 750, 720, 500},
	[1 + PANE_SUMMARY] = {600, 150, 750, 400, 400, 700},
	[1 + PANE_POLICY] = {150, 600, 350, 600, 400, 300},
};

/* Each pane keeps this number of lines. */
#define LINES_LEAST 2

static int layout_lines(int lines, int share)
{
	int part = lines * share / 1000;

	return part > LINES_LEAST ? part : LINES_LEAST;
}

static void layout_place(struct layout *layout, enum pane pane, int row, int column, int rows,
			 int columns)
{
	layout->frame[pane] = (struct rect){row, column, rows, columns};
	layout->body[pane] = (struct rect){row + 1, column + 1, rows - 2, columns - 2};
}

/* Leaves out the policy, and places the note about it in the lowest border. */
static void layout_fold_policy(struct layout *layout, const struct rect *area)
{
	layout->folded =
		(struct rect){area->row + area->rows - 1, area->column + 1, 1, area->columns - 2};
}

static void layout_stack(struct layout *layout, const struct rect *area,
			 const struct layout_shares *shares, bool no_policy)
{
	/* Each pane has a border line above it, and the last pane has one below it. */
	int lines = area->rows - (no_policy ? 3 : 4);
	int summary = layout_lines(lines, shares->stack_summary);
	int policy = no_policy ? 0 : layout_lines(lines, shares->stack_policy);
	int connections = lines - summary - policy;
	int row = area->row;

	layout_place(layout, PANE_CONNECTIONS, row, area->column, connections + 2, area->columns);
	row += connections + 1;
	layout_place(layout, PANE_SUMMARY, row, area->column, summary + 2, area->columns);
	row += summary + 1;
	if (no_policy)
		layout_fold_policy(layout, area);
	else
		layout_place(layout, PANE_POLICY, row, area->column, policy + 2, area->columns);
}

static void layout_spread(struct layout *layout, const struct rect *area,
			  const struct layout_shares *shares, bool no_policy)
{
	int upper = no_policy ? area->rows - 2 : layout_lines(area->rows - 3, shares->wide_upper);
	int left = area->columns * shares->wide_left / 1000;

	layout_place(layout, PANE_CONNECTIONS, area->row, area->column, upper + 2, left);
	layout_place(layout, PANE_SUMMARY, area->row, area->column + left - 1, upper + 2,
		     area->columns - left + 1);
	if (no_policy)
		layout_fold_policy(layout, area);
	else
		layout_place(layout, PANE_POLICY, area->row + upper + 1, area->column,
			     area->rows - upper - 1, area->columns);
}

/* For wide screens with few rows, on which panes above one another would have too few rows. */
static void layout_beside(struct layout *layout, const struct rect *area,
			  const struct layout_shares *shares, bool no_policy)
{
	int left = area->columns * shares->beside_left / 1000;
	int upper = no_policy ? area->rows - 2 : layout_lines(area->rows - 3, shares->beside_upper);
	int right = area->columns - left + 1;

	layout_place(layout, PANE_CONNECTIONS, area->row, area->column, area->rows, left);
	layout_place(layout, PANE_SUMMARY, area->row, area->column + left - 1, upper + 2, right);
	if (no_policy)
		layout_fold_policy(layout, area);
	else
		layout_place(layout, PANE_POLICY, area->row + upper + 1, area->column + left - 1,
			     area->rows - upper - 1, right);
}

void layout_compute(int rows, int columns, const struct layout_choice *choice, struct layout *out)
{
	const struct layout_shares *shares = &layout_shares[choice->large];
	enum pane focus = choice->focus;

	memset(out, 0, sizeof(*out));
	if (rows < TINY_ROWS || columns < TINY_COLUMNS) {
		out->kind = LAYOUT_TINY;
		return;
	}
	out->header = (struct rect){0, 0, 1, columns};
	out->footer = (struct rect){rows - 1, 0, 1, columns};
	out->middle = (struct rect){1, 0, rows - 2, columns};
	if (rows < TABS_ROWS || columns < TABS_COLUMNS) {
		out->kind = LAYOUT_TABS;
		out->tabs = (struct rect){1, 0, 1, columns};
		out->middle = (struct rect){2, 0, rows - 3, columns};
		out->body[focus] = out->middle;
	} else if (choice->zoomed) {
		out->kind = LAYOUT_ZOOMED;
		layout_place(out, focus, out->middle.row, 0, out->middle.rows, columns);
	} else if (rows >= WIDE_ROWS && columns >= WIDE_COLUMNS) {
		out->kind = LAYOUT_WIDE;
		layout_spread(out, &out->middle, shares, choice->no_policy);
	} else if (columns >= WIDE_COLUMNS) {
		out->kind = LAYOUT_BESIDE;
		layout_beside(out, &out->middle, shares, choice->no_policy);
	} else {
		out->kind = LAYOUT_STACKED;
		layout_stack(out, &out->middle, shares, choice->no_policy);
	}
}

bool rect_contains(const struct rect *rect, int row, int column)
{
	return row >= rect->row && row < rect->row + rect->rows && column >= rect->column &&
	       column < rect->column + rect->columns;
}

static unsigned int layout_frame_border(const struct rect *frame, int row, int column)
{
	int bottom = frame->row + frame->rows - 1;
	int right = frame->column + frame->columns - 1;
	unsigned int sides = 0;

	if (!rect_contains(frame, row, column))
		return 0;
	if (row == frame->row || row == bottom) {
		sides |= column > frame->column ? (unsigned int)BORDER_LEFT : 0u;
		sides |= column < right ? (unsigned int)BORDER_RIGHT : 0u;
	}
	if (column == frame->column || column == right) {
		sides |= row > frame->row ? (unsigned int)BORDER_UP : 0u;
		sides |= row < bottom ? (unsigned int)BORDER_DOWN : 0u;
	}
	return sides;
}

unsigned int layout_border(const struct layout *layout, int row, int column)
{
	unsigned int sides = 0;

	for (int pane = 0; pane < PANE_COUNT; pane++)
		sides |= layout_frame_border(&layout->frame[pane], row, column);
	return sides;
}
