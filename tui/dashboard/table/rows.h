/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of the connection table: which connections of the state are shown, in which order, and
 * how to move among them. Draws nothing.
 *
 * A row is known by its connection's sequence number, which never repeats: whoever points at a row
 * keeps the number, and asks what became of it. Three ways to hold the rows, chosen by what is
 * asked for:
 *
 *   as they came   no filter, no sort: nothing is held; rows are the state's own list, walked from
 * where one looks, so that the work per frame is that of the rows on the screen, however many
 * connections there are. listed         a filter or a sort: sequences in display order, made by a
 * scan of the whole state. The next scan waits 25 times as long as the last one took (and half a
 * second at least), so that scanning takes 4 % of the time at most; until then new connections that
 * match are put in front. frozen         paused: copies of the connections as they were, up to
 * ROWS_FROZEN_MAX from the first row on.
 *
 * Main thread.
 */
#ifndef POLECAT_TUI_DASHBOARD_TABLE_ROWS_H
#define POLECAT_TUI_DASHBOARD_TABLE_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/filter/filter.h"
#include "core/state/state.h"
#include "tui/columns/column.h"
#include "tui/dashboard/view/verdicts.h"

#define ROWS_FROZEN_MAX 10000

struct rows;

/* The query: which connections are shown, and in which order. The caller keeps the pointers alive
 * while the query is set. */
struct row_query {
	/* False hides the connection whatever else is asked for (the command line's filter); NULL:
	 * none is hidden. */
	bool (*shows)(const void *data, const struct conn *conn);
	const void *shows_data;
	const struct filter *filter;   /* NULL: everything */
	const struct subject *subject; /* this one only; NULL: all */
	const struct edge *edge;       /* this destination only; NULL: all */
	const char *namespace_name;    /* this one only; NULL: all */
	bool hide_closed;
	bool problems; /* failed and hanging attempts only, and what verdicts know to be denied */
	const struct verdicts *verdicts; /* NULL: nothing is denied */
	const struct column *sort;       /* NULL: the newest first */
	bool inverted;
};

/* 0 or -ENOMEM. */
int rows_new(const struct state *state, struct rows **out);
void rows_free(struct rows *rows);

/* Sets what is shown; takes effect at the next rows_update. */
void rows_query(struct rows *rows, const struct row_query *query);

/* True when nothing but the order of arrival is asked for. */
bool row_query_is_plain(const struct row_query *query);

/* True when the query lets the connection through. */
bool row_query_matches(const struct row_query *query, const struct state *state,
		       const struct conn *conn);

/*
 * Brings the rows up to date, once a frame. monotonic_ns paces the scans. reorder: sorted rows may
 * change their places and new ones may come in; false keeps what is listed where it is (nothing
 * jumps while a person reads).
 */
void rows_update(struct rows *rows, uint64_t monotonic_ns, bool reorder);

/* Takes in a changed query at once, for whoever moves among the rows before the next frame. */
void rows_settle(struct rows *rows);

/* Keeps the rows as they are now, from the row `first` (0: the first) on, until rows_thaw. 0 or
 * -ENOMEM. */
int rows_freeze(struct rows *rows, uint64_t first);
void rows_thaw(struct rows *rows);

/* How many rows there are, and how many connections the state holds. */
size_t rows_count(const struct rows *rows);
size_t rows_total(const struct rows *rows);

/* How many connections that match came since the rows were frozen, or since `seen` (a sequence) was
 * the newest. */
uint64_t rows_newer(const struct rows *rows, uint64_t seen);

/* The sequence of the newest connection there is; 0: none. */
uint64_t rows_newest(const struct rows *rows);

/* Return the sequence of the first and the last row; 0: no rows. */
uint64_t rows_first(const struct rows *rows);
uint64_t rows_last(const struct rows *rows);

/* The row `delta` rows below (above, if negative), or the last one on the way. 0: there are no
 * rows. */
uint64_t rows_step(const struct rows *rows, uint64_t sequence, long delta);

/*
 * The row itself if it is still there, else the one that is nearest to where it was (the first,
 * where rows are sorted); 0: there are no rows.
 */
uint64_t rows_nearest(const struct rows *rows, uint64_t sequence);

/* Copies up to `max` rows from `sequence` down, and returns how many. */
size_t rows_copy(const struct rows *rows, uint64_t sequence, struct conn *out, size_t max);

/* The connection of a row; NULL: it is gone. Valid until the state or the rows change. */
const struct conn *rows_get(const struct rows *rows, uint64_t sequence);

#endif
