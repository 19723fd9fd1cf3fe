/* SPDX-License-Identifier: Apache-2.0 */
/* The one table of trace's columns. */
#ifndef POLECAT_TUI_COLUMNS_COLUMN_TABLE_H
#define POLECAT_TUI_COLUMNS_COLUMN_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/record/flow.h"
#include "tui/columns/conn_view.h"

/* The longest cell: DNS names have 253 bytes, each of which may need an escape of four. */
#define COLUMN_CELL_SIZE 1100

/* What a cell is made from. */
struct column_row {
	const struct flow *flow; /* the event */
	const struct conn *conn; /* all that is known of its connection by now */
	struct conn_names names;
};

enum column_set {
	COLUMN_USUAL = 0,
	COLUMN_WIDE,
	COLUMN_EXTRA,
};

struct column {
	const char *name;  /* upper case, as in the header */
	const char *alias; /* another name for -o columns=, upper case; NULL: none */
	enum column_set set;
	unsigned int width;     /* to begin with */
	unsigned int min_width; /* 0: never narrower than width (numbers, addresses) */
	unsigned int max_width; /* 0: not shortened on a terminal */
	bool right;             /* aligned */
	bool pod_only;          /* left out where nothing is in a pod */
	/* Writes the cell, fit for a terminal, and returns its length; 0: unknown. */
	size_t (*get)(const struct column_row *row, char cell[COLUMN_CELL_SIZE]);
	const char *help;
};

const struct column *column_table(size_t *count);

/* By name or alias, case ignored; NULL: none. */
const struct column *column_by_name(const char *name);

#endif
