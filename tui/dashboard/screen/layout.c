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

/* By layout_choice.large. */
static const struct layout_shares layout_shares[1 + PANE_COUNT] = {
	{280, 300, 600, 667, 600, 500},
	[1 + PANE_CONNECTIONS] = {150, 150, 750, 750, 720, 500},
	[1 + PANE_SUMMARY] = {600, 150, 750, 400, 400, 700},
	[1 + PANE_POLICY] = {150, 600, 350, 600, 400, 300},
};

/* Each pane keeps this number of columns. */
#define COLUMNS_LEAST 20

/* Each pane keeps this number of lines. */
#define LINES_LEAST 2

static int layout_clamp(int part, int least, int most)
{
	return part < least ? least : part > most ? (most > least ? most : least) : part;
}

/* Returns the lines of a part, of which at least LINES_LEAST stay for each of `others` panes. */
static int layout_lines(int lines, int share, int others)
{
	return layout_clamp(lines * share / 1000, LINES_LEAST, lines - others * LINES_LEAST);
}

static int layout_columns(int columns, int share)
{
	return layout_clamp(columns * share / 1000, COLUMNS_LEAST, columns - COLUMNS_LEAST);
}

/* Returns the share with which layout_lines and layout_columns return `part`. */
static int layout_share(int part, int whole)
{
	return whole > 0 ? (part * 1000 + whole - 1) / whole : 0;
}

/* Returns the shares of a large pane, or those of the user, or the usual ones. */
static struct layout_shares layout_choose_shares(const struct layout_choice *choice)
{
	struct layout_shares shares = layout_shares[choice->large];
	const struct layout_shares *user = &choice->shares;

	if (choice->large)
		return shares;
	if (user->stack_summary && user->stack_policy) {
		shares.stack_summary = user->stack_summary;
		shares.stack_policy = user->stack_policy;
	}
	shares.wide_upper = user->wide_upper ? user->wide_upper : shares.wide_upper;
	shares.wide_left = user->wide_left ? user->wide_left : shares.wide_left;
	shares.beside_left = user->beside_left ? user->beside_left : shares.beside_left;
	shares.beside_upper = user->beside_upper ? user->beside_upper : shares.beside_upper;
	return shares;
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
	int summary = layout_lines(lines, shares->stack_summary, no_policy ? 1 : 2);
	int policy = no_policy ? 0
			       : layout_clamp(lines * shares->stack_policy / 1000, LINES_LEAST,
					      lines - summary - LINES_LEAST);
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
	int upper =
		no_policy ? area->rows - 2 : layout_lines(area->rows - 3, shares->wide_upper, 1);
	int left = layout_columns(area->columns, shares->wide_left);

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
	int left = layout_columns(area->columns, shares->beside_left);
	int upper =
		no_policy ? area->rows - 2 : layout_lines(area->rows - 3, shares->beside_upper, 1);
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
	const struct layout_shares shares = layout_choose_shares(choice);
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
		layout_spread(out, &out->middle, &shares, choice->no_policy);
	} else if (columns >= WIDE_COLUMNS) {
		out->kind = LAYOUT_BESIDE;
		layout_beside(out, &out->middle, &shares, choice->no_policy);
	} else {
		out->kind = LAYOUT_STACKED;
		layout_stack(out, &out->middle, &shares, choice->no_policy);
	}
}

enum layout_split layout_split_at(const struct layout *layout, int row, int column)
{
	const struct rect *summary = &layout->frame[PANE_SUMMARY];
	const struct rect *policy = &layout->frame[PANE_POLICY];

	if (layout->kind != LAYOUT_STACKED && layout->kind != LAYOUT_WIDE &&
	    layout->kind != LAYOUT_BESIDE)
		return LAYOUT_SPLIT_NONE;
	if (policy->rows > 0 && row == policy->row && column >= policy->column)
		return LAYOUT_SPLIT_LOWER;
	if (layout->kind == LAYOUT_STACKED)
		return row == summary->row ? LAYOUT_SPLIT_UPPER : LAYOUT_SPLIT_NONE;
	return column == summary->column && row >= summary->row &&
			       row < layout->middle.row + layout->middle.rows &&
			       (layout->kind == LAYOUT_BESIDE || row < summary->row + summary->rows)
		       ? LAYOUT_SPLIT_COLUMN
		       : LAYOUT_SPLIT_NONE;
}

enum layout_split layout_split_of(const struct layout *layout, enum pane pane, int *direction)
{
	*direction = pane == PANE_CONNECTIONS ? 1 : -1;
	if (layout->kind != LAYOUT_STACKED && layout->kind != LAYOUT_WIDE &&
	    layout->kind != LAYOUT_BESIDE)
		return LAYOUT_SPLIT_NONE;
	if (pane == PANE_POLICY)
		return LAYOUT_SPLIT_LOWER;
	return layout->kind == LAYOUT_STACKED ? LAYOUT_SPLIT_UPPER : LAYOUT_SPLIT_COLUMN;
}

/* Moves one line of the stack from one pane to the other as often as both keep their least. */
static void layout_move_lines(int *from, int *to, int delta)
{
	int moved = delta > 0 ? layout_clamp(delta, 0, *from - LINES_LEAST)
			      : -layout_clamp(-delta, 0, *to - LINES_LEAST);

	*from -= moved;
	*to += moved;
}

static void layout_move_in_stack(const struct layout *layout, enum layout_split split, int delta,
				 struct layout_shares *shares)
{
	int connections = layout->body[PANE_CONNECTIONS].rows;
	int summary = layout->body[PANE_SUMMARY].rows;
	int policy = layout->body[PANE_POLICY].rows;
	int lines = connections + summary + policy;

	if (split == LAYOUT_SPLIT_UPPER)
		layout_move_lines(&summary, &connections, delta);
	else
		layout_move_lines(&policy, &summary, delta);
	shares->stack_summary = layout_share(summary, lines);
	if (policy > 0)
		shares->stack_policy = layout_share(policy, lines);
	else if (shares->stack_policy == 0)
		shares->stack_policy = layout_shares[0].stack_policy;
}

void layout_move(const struct layout *layout, enum layout_split split, int delta,
		 struct layout_shares *shares)
{
	const struct rect *area = &layout->middle;
	bool wide = layout->kind == LAYOUT_WIDE;
	int *left = wide ? &shares->wide_left : &shares->beside_left;
	int *upper = wide ? &shares->wide_upper : &shares->beside_upper;
	int columns = layout->frame[PANE_CONNECTIONS].columns;
	int lines = layout->body[PANE_SUMMARY].rows;

	if (layout->kind == LAYOUT_STACKED) {
		layout_move_in_stack(layout, split, delta, shares);
		return;
	}
	columns += split == LAYOUT_SPLIT_COLUMN ? delta : 0;
	lines += split == LAYOUT_SPLIT_LOWER ? delta : 0;
	*left = layout_share(layout_clamp(columns, COLUMNS_LEAST, area->columns - COLUMNS_LEAST),
			     area->columns);
	if (layout->body[PANE_POLICY].rows > 0)
		*upper =
			layout_share(layout_clamp(lines, LINES_LEAST, area->rows - 3 - LINES_LEAST),
				     area->rows - 3);
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
