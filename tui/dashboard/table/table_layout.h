/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Chooses the columns of the table of connections, and the width of each, for a screen of some
 * width. Pure.
 */
#ifndef POLECAT_TUI_DASHBOARD_TABLE_TABLE_LAYOUT_H
#define POLECAT_TUI_DASHBOARD_TABLE_TABLE_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

#include "tui/columns/column_list.h"

/* Facts about the connections seen so far. They decide which columns are useful. Other columns,
 * which would be empty or show nothing new, are left out. */
struct table_facts {
	bool pods;       /* some connections are in pods */
	bool containers; /* some connections are in containers */
	bool nodes;      /* connections are on more than one node */
	bool drops;      /* packets of some connections were dropped */
	bool names;      /* some peers have names, so a column of addresses is useful */
	bool repeats;    /* a row stands for several connections */
	bool policies;   /* policies were loaded: the state column has a sign for denials */
	bool baseline;   /* there is a baseline: the state column has a mark for new ones */
};

struct table_slot {
	const struct column *column;
	int start; /* from the left edge of the row */
	int width;
};

struct table_layout {
	struct table_slot slots[COLUMN_MAX];
	size_t count;
	bool more; /* columns to the right were left out, and panning reaches them */
};

/* The first screen column of a row is for the cursor. One blank separates two columns. */
#define TABLE_MARGIN 1

/* The user's choices. */
struct table_choice {
	const struct column_list *columns; /* empty: the most important useful ones that fit */
	bool wide;                         /* all useful columns */
	int pan;                           /* columns at the left to skip */
};

/*
 * Chooses the columns for `width` screen columns. If the user chose columns, or all, skips the
 * first `pan` of them, and takes as many of the next as fit.
 */
void table_layout_choose(const struct table_facts *facts, const struct table_choice *user,
			 int width, struct table_layout *out);

/* Returns the heading: "POD", "PEER", "" for the direction. */
const char *table_layout_heading(const struct column *column, const struct table_facts *facts);

/* Lists the useful columns from left to right. Returns their number. */
size_t table_layout_useful(const struct table_facts *facts, const struct column *list[COLUMN_MAX]);

/* Returns the next sort column: the useful column after `column` (direction 1) or before it (-1).
 * NULL, for `column` or as the result, means no sort. It comes after the last column and before the
 * first column. */
const struct column *table_layout_neighbour(const struct column *column, int direction,
					    const struct table_facts *facts);

#endif
