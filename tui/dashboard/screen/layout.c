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

static void layout_place(struct layout *layout, enum pane pane, int row, int column, int rows,
			 int columns)
{
	layout->frame[pane] = (struct rect){row, column, rows, columns};
	layout->body[pane] = (struct rect){row + 1, column + 1, rows - 2, columns - 2};
}

static void layout_stack(struct layout *layout, const struct rect *area)
{
	/* Four lines are borders. Of the others, the table of connections gets the most, because
	 * its rows change fastest. */
	int lines = area->rows - 4;
	int summary = lines * 28 / 100;
	int policy = lines * 30 / 100;
	int connections = lines - summary - policy;
	int row = area->row;

	layout_place(layout, PANE_CONNECTIONS, row, area->column, connections + 2, area->columns);
	row += connections + 1;
	layout_place(layout, PANE_SUMMARY, row, area->column, summary + 2, area->columns);
	row += summary + 1;
	layout_place(layout, PANE_POLICY, row, area->column, policy + 2, area->columns);
}

static void layout_spread(struct layout *layout, const struct rect *area)
{
	int upper = (area->rows - 3) * 60 / 100;
	int left = area->columns * 2 / 3;

	layout_place(layout, PANE_CONNECTIONS, area->row, area->column, upper + 2, left);
	layout_place(layout, PANE_SUMMARY, area->row, area->column + left - 1, upper + 2,
		     area->columns - left + 1);
	layout_place(layout, PANE_POLICY, area->row + upper + 1, area->column,
		     area->rows - upper - 1, area->columns);
}

/* For wide screens with few rows: one pane above the other would have a few rows each. */
static void layout_beside(struct layout *layout, const struct rect *area)
{
	int left = area->columns * 60 / 100;
	int upper = (area->rows - 3) / 2;
	int right = area->columns - left + 1;

	layout_place(layout, PANE_CONNECTIONS, area->row, area->column, area->rows, left);
	layout_place(layout, PANE_SUMMARY, area->row, area->column + left - 1, upper + 2, right);
	layout_place(layout, PANE_POLICY, area->row + upper + 1, area->column + left - 1,
		     area->rows - upper - 1, right);
}

void layout_compute(int rows, int columns, enum pane focus, bool zoomed, struct layout *out)
{
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
	} else if (zoomed) {
		out->kind = LAYOUT_ZOOMED;
		layout_place(out, focus, out->middle.row, 0, out->middle.rows, columns);
	} else if (rows >= WIDE_ROWS && columns >= WIDE_COLUMNS) {
		out->kind = LAYOUT_WIDE;
		layout_spread(out, &out->middle);
	} else if (columns >= WIDE_COLUMNS) {
		out->kind = LAYOUT_BESIDE;
		layout_beside(out, &out->middle);
	} else {
		out->kind = LAYOUT_STACKED;
		layout_stack(out, &out->middle);
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
