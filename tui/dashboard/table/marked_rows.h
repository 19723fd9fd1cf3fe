/* SPDX-License-Identifier: Apache-2.0 */
/* The marked rows that the table shows. Keys that act on marked rows leave out those that a filter
 * hides, because the user does not see them. Only for the main thread. */
#ifndef POLECAT_TUI_DASHBOARD_TABLE_MARKED_ROWS_H
#define POLECAT_TUI_DASHBOARD_TABLE_MARKED_ROWS_H

#include "tui/dashboard/table/marks.h"
#include "tui/dashboard/table/rows.h"

struct marked_rows {
	uint64_t ids[MARKS_MAX];             /* in the order of the marks */
	const struct conn *conns[MARKS_MAX]; /* of each row, see row_folds_find_conn */
	size_t count;
	size_t hidden; /* marked rows that have a connection, but are not listed */
};

/* Rows without a connection have left the table, and do not count. */
void marked_rows_find(const struct rows *rows, const struct marks *marks, struct marked_rows *out);

#define MARKED_ROWS_NOTE_SIZE 64

/* Writes " (without 2 marked rows that are not shown)", or "". */
void marked_rows_note(const struct marked_rows *marked, char text[MARKED_ROWS_NOTE_SIZE]);

#endif
