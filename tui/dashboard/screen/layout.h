/* SPDX-License-Identifier: Apache-2.0 */
/* Where the panes stand on a screen of some size. Pure: numbers in, rectangles out. */
#ifndef POLECAT_TUI_DASHBOARD_SCREEN_LAYOUT_H
#define POLECAT_TUI_DASHBOARD_SCREEN_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

/* On the screen, from 0; rows or columns 0: not shown. */
struct rect {
	int row;
	int column;
	int rows;
	int columns;
};

enum pane {
	PANE_CONNECTIONS = 0,
	PANE_DESTINATIONS,
	PANE_POLICY,
	PANE_COUNT,
};

enum layout_kind {
	LAYOUT_TINY = 0, /* no room for any pane: one line that says so */
	LAYOUT_TABS,     /* one pane without a border, the others as tabs in the second line */
	LAYOUT_ZOOMED,   /* one pane in a border */
	LAYOUT_STACKED,  /* three panes, one above the other */
	LAYOUT_WIDE,     /* connections and destinations side by side, the policy below */
};

/* Frames of neighbouring panes share the line between them: they overlap by one row or column. */
struct layout {
	enum layout_kind kind;
	struct rect header;
	struct rect tabs;
	struct rect footer;
	struct rect middle;            /* all that is between header (and tabs) and footer */
	struct rect frame[PANE_COUNT]; /* with the border; empty where the pane is not shown or has
					  none */
	struct rect body[PANE_COUNT];  /* inside of it; empty where the pane is not shown */
};

/* Lays out a screen of rows × columns (any size, 0 too); focus is the pane to show where there is
 * room for one. */
void layout_compute(int rows, int columns, enum pane focus, bool zoomed, struct layout *out);

/* Which sides a border line leaves this cell through (enum border_side); 0: no border here. */
unsigned int layout_border(const struct layout *layout, int row, int column);

/* True when the cell lies in the rectangle. */
bool rect_contains(const struct rect *rect, int row, int column);

#endif
