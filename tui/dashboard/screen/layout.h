/* SPDX-License-Identifier: Apache-2.0 */
/* Computes the places of the panes from the size of the screen. Pure. */
#ifndef POLECAT_TUI_DASHBOARD_SCREEN_LAYOUT_H
#define POLECAT_TUI_DASHBOARD_SCREEN_LAYOUT_H

#include <stdbool.h>

/* A part of the screen, in coordinates from 0. A part without rows or columns is not shown. */
struct rect {
	int row;
	int column;
	int rows;
	int columns;
};

enum pane {
	PANE_CONNECTIONS = 0,
	PANE_SUMMARY,
	PANE_POLICY,
	PANE_COUNT,
};

enum layout_kind {
	LAYOUT_TINY = 0, /* no pane fits; one line shows the minimum size */
	LAYOUT_TABS,     /* one pane without a border, the others as tabs in the second line */
	LAYOUT_ZOOMED,   /* one pane in a border */
	LAYOUT_STACKED,  /* three panes, one above the other */
	LAYOUT_WIDE,     /* connections and summary side by side, the policy below */
	LAYOUT_BESIDE,   /* connections on the left; summary and policy on the right */
};

/* Frames of neighbouring panes share the line between them: they overlap by one row or column. */
struct layout {
	enum layout_kind kind;
	struct rect header;
	struct rect tabs;
	struct rect footer;
	struct rect middle;            /* between header (and tabs) and footer */
	struct rect frame[PANE_COUNT]; /* with the border; empty: no border, or pane not shown */
	struct rect body[PANE_COUNT];  /* inside the border; empty: pane not shown */
	/* The part of the lowest border for a note about the folded policy; empty: not folded. */
	struct rect folded;
};

/* Parts of the room in thousandths. 0: the usual part. */
struct layout_shares {
	/* LAYOUT_STACKED: lines of the two lower panes. The table of connections gets the rest.
	 * Usually that is the most, because its rows change fastest. */
	int stack_summary;
	int stack_policy;
	int wide_upper; /* LAYOUT_WIDE: lines of the upper panes */
	int wide_left;  /* and columns of the left one */
	int beside_left;
	int beside_upper; /* LAYOUT_BESIDE: lines of the upper right pane */
};

#define LAYOUT_SHARES 6

/* The borders between panes, which can be moved. */
enum layout_split {
	LAYOUT_SPLIT_NONE = 0,
	LAYOUT_SPLIT_UPPER,  /* between the connections and the summary below them */
	LAYOUT_SPLIT_LOWER,  /* above the policy */
	LAYOUT_SPLIT_COLUMN, /* between the connections and the panes at their right */
};

/* The choices of the user. */
struct layout_choice {
	enum pane focus; /* the pane to show if only one is shown */
	bool zoomed;     /* show only one pane */
	bool no_policy;  /* give the lines of the policy to the others */
	struct layout_shares shares;
	int large; /* 1 + the pane that gets most of the room; 0: none */
};

/* Lays out a screen of any size. */
void layout_compute(int rows, int columns, const struct layout_choice *choice, struct layout *out);

/* Returns the sides (enum border_side) through which border lines leave a cell; 0: no border. */
unsigned int layout_border(const struct layout *layout, int row, int column);

/* Returns the border between panes at a cell. */
enum layout_split layout_split_at(const struct layout *layout, int row, int column);

/* Returns the border that a pane moves to grow, and in *direction where to: 1 is down or right. */
enum layout_split layout_split_of(const struct layout *layout, enum pane pane, int *direction);

/* Writes the shares with which the layout stays as it is, but a border moves by some lines or
 * columns, as far as the other panes keep their least size. Shares of other kinds of layouts stay
 * as they are. */
void layout_move(const struct layout *layout, enum layout_split split, int delta,
		 struct layout_shares *shares);

/* Returns true if the cell lies in the rectangle. */
bool rect_contains(const struct rect *rect, int row, int column);

#endif
