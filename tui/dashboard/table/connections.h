/* SPDX-License-Identifier: Apache-2.0 */
/* The table of connections: a view (see view.h). */
#ifndef POLECAT_TUI_DASHBOARD_TABLE_CONNECTIONS_H
#define POLECAT_TUI_DASHBOARD_TABLE_CONNECTIONS_H

#include "tui/dashboard/table/marks.h"
#include "tui/dashboard/table/rows.h"
#include "tui/dashboard/table/table_layout.h"
#include "tui/dashboard/view/view.h"

/* Whether `rows` still has the selected row and, if not, why. */
enum connections_selection {
	CONNECTIONS_LISTED = 0,
	CONNECTIONS_UNMATCHED, /* its connection changed, and the query hides it now */
	CONNECTIONS_EVICTED,   /* its connection left the state */
	CONNECTIONS_EMPTY,     /* its bundle has no connections */
};

/*
 * While `following` is set, the first row is the newest, rows move, and no row has the cursor.
 * Else `cursor` and `top` identify rows by id (row_list.h), so that they stay with their rows
 * when rows appear above. `visible` is copied again for each frame. Set rows.source.state and
 * `following`, and zero-initialise the other members. Free with connections_clear.
 */
struct connections {
	struct rows rows;
	struct row_query query;
	bool following;
	uint64_t top;
	uint64_t drawn_top; /* `top` at the last update */
	uint64_t cursor;    /* 0: no cursor */
	bool chosen;        /* the user put the cursor there, not the end of the sources */
	uint64_t seen;      /* newest sequence when the first row was last visible */
	size_t cursor_line;
	struct row pinned; /* the selected row when it was last drawn; id 0: none */
	enum connections_selection selected;
	struct row *visible;
	size_t visible_count;
	size_t height; /* rows on the screen; also the capacity of `visible` */
	struct table_layout layout;
	struct table_facts facts;
	const char *first_node; /* node of the first row; a row of another node sets facts.nodes */
	struct marks marks;
	struct column_list columns; /* by the user; empty: polecat chooses */
	bool repeats; /* a row stood for several connections; stays set, as `facts` does */
	bool wide;
	int pan;
};

extern const struct view_operations connections_operations;

void connections_clear(struct connections *table);

/* Returns the row under the cursor, else the first row; NULL: no rows. Valid until the next update.
 */
const struct row *connections_selected_row(const struct connections *table);
/* Returns the connection of that row, of several connections the newest one. */
const struct conn *connections_selected(const struct connections *table);

/* Apply a change of table->query. With connections_apply_query, the selected row stays selected if
 * it still matches. connections_restart shows the first row. */
void connections_apply_query(struct connections *table);
void connections_restart(struct connections *table);

/* Sorts by a column, and shows the first row. NULL: in order of arrival. */
void connections_sort(struct connections *table, const struct column *column);

/* Shows these columns. An empty list leaves the choice to polecat. */
void connections_choose_columns(struct connections *table, const struct column_list *list);

/* Selects the row of a connection, and shows it in the first row. */
void connections_show(struct connections *table, uint64_t sequence);

/* Clears `problems`, the namespace, the subject and the edge of the query. Returns true if one of
 * them was set. */
bool connections_show_all(struct connections *table);

/* Freezes the rows, or releases them. Returns 0 or -ENOMEM. */
int connections_pause(struct connections *table, bool paused);

/* Returns true if a visible row shows the time of an attempt without an answer. That time must be
 * drawn more often than once a second. */
bool connections_tick(const struct connections *table);

/* Folds the table or unfolds it: one row for alike connections, or one for each. */
void connections_set_folded(struct connections *table, bool folded);

/* Operations of the view, in connections_draw.c. */
void connections_title(const void *view, const struct context *context, struct canvas *line);
void connections_draw(void *view, const struct context *context, const struct canvas *canvas);

#endif
