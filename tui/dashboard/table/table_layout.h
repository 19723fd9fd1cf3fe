/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Chooses the columns of the table of connections, and the width of each, for a screen of some
 * width. Pure.
 */
#ifndef POLECAT_TUI_DASHBOARD_TABLE_TABLE_LAYOUT_H
#define POLECAT_TUI_DASHBOARD_TABLE_TABLE_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

#include "tui/columns/column.h"

/* The connections seen so far. Columns that would be empty are left out. */
struct table_facts {
	bool pods;       /* some are in pods */
	bool containers; /* some are in containers */
	bool nodes;      /* they are on more than one node */
	bool names;      /* some peers have names, so that their addresses add something */
	bool policies;   /* policies were loaded: states need room for the sign of a denial */
};

struct table_slot {
	const struct column *column;
	int start; /* from the left edge of the row */
	int width;
};

struct table_layout {
	struct table_slot slots[COLUMN_MAX];
	size_t count;
	bool more; /* wide: columns to the right were left out */
};

/* The first screen column of a row is the cursor's. One blank separates two columns. */
#define TABLE_MARGIN 1

/*
 * Chooses the columns for `width` screen columns. wide: every column that is useful, as many as fit
 * after the first `pan`.
 */
void table_layout_choose(const struct table_facts *facts, int width, bool wide, int pan,
			 struct table_layout *out);

/* Returns the heading: "POD", "PEER", "" for the direction. */
const char *table_layout_heading(const struct column *column, const struct table_facts *facts);

/* Returns the column to sort by after (direction 1) or before (-1) a column, among those that are
 * useful. NULL is no sorting, which is one of the choices. */
const struct column *table_layout_neighbour(const struct column *column, int direction,
					    const struct table_facts *facts);

#endif
