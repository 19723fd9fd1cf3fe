/* SPDX-License-Identifier: Apache-2.0 */
/* Which columns the table of connections has, and how wide each is, on a screen of some width.
 * Pure. */
#ifndef POLECAT_TUI_DASHBOARD_TABLE_TABLE_COLUMNS_H
#define POLECAT_TUI_DASHBOARD_TABLE_TABLE_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>

/* In the order in which they stand in the table. */
enum table_column {
	COLUMN_NODE = 0,
	COLUMN_NAMESPACE,
	COLUMN_SUBJECT, /* the pod, or the container where there are no pods */
	COLUMN_CONTAINER,
	COLUMN_PID,
	COLUMN_COMM,
	COLUMN_DIRECTION,
	COLUMN_PEER,
	COLUMN_ADDRESS, /* of the peer */
	COLUMN_PORT,
	COLUMN_STATE,
	COLUMN_LATENCY,
	COLUMN_RTT,
	COLUMN_TX,
	COLUMN_RX,
	COLUMN_AGE,
	COLUMN_COUNT,
};

#define COLUMN_NONE COLUMN_COUNT

/* What is known about the connections: columns that would be empty are left out. */
struct table_facts {
	bool pods;       /* some are in pods */
	bool containers; /* some are in containers */
	bool nodes;      /* they are of more than one node */
	bool names;      /* some peers have names, so that their addresses say more */
	bool policies;   /* were loaded: the sign of what they deny stands behind states */
};

struct table_slot {
	enum table_column column;
	int start; /* from the left edge of the row */
	int width;
};

struct table_columns {
	struct table_slot slots[COLUMN_COUNT];
	size_t count;
	bool more; /* there are columns further right (wide only) */
};

/* The first column of a row is the cursor's; between two columns is one blank. */
#define TABLE_MARGIN 1

/*
 * Chooses for `width` screen columns. wide: every column that says something, as many as fit behind
 * the first `pan`.
 */
void table_columns_choose(const struct table_facts *facts, int width, bool wide, int pan,
			  struct table_columns *out);

/* The heading: "POD", "PEER", … */
const char *table_column_heading(enum table_column column, const struct table_facts *facts);

/* True when the cells are numbers, which align right. */
bool table_column_is_number(enum table_column column);

/* True when the column can say something. */
bool table_column_is_useful(enum table_column column, const struct table_facts *facts);

#endif
