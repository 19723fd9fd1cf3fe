/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of the connection table: the connections that are shown, their order, and moving among
 * them. Draws nothing. Main thread.
 *
 * The sequence number of a row's connection, which never repeats, names the row. The caller keeps
 * the number, and rows_nearest finds the row again. The query decides how rows are held:
 *
 *   plain   no filter, no sort: nothing is held. Rows are the state's own list, so the work of a
 *           frame depends on the rows on the screen, not on the number of connections.
 *   listed  a filter or a sort: sequences in display order, made by a scan of the whole state. The
 *           next scan waits 25 times as long as the last one took (at least half a second), so
 *           that scans take 4 % of the time at most. Until then, new connections that match are
 *           listed in front.
 *   frozen  paused: copies of at most ROWS_FROZEN_MAX connections from the first visible row on.
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

/* The connections to show, and their order. The caller keeps the pointers alive while the query is
 * set. NULL: no limit. */
struct row_query {
	/* The filter of the command line: false hides the connection. */
	bool (*shows)(const void *data, const struct conn *conn);
	const void *shows_data;
	const struct filter *filter;
	const struct subject *subject;
	const struct edge *edge;
	const char *namespace_name;
	bool hide_closed;
	bool problems;                   /* failed, hanging and denied ones only */
	const struct verdicts *verdicts; /* NULL: nothing is denied */
	const struct column *sort;       /* NULL: the newest first */
	bool inverted;
};

/*
 * Set `state`, and zero-initialise the other members. Free with rows_clear. Listed
 * sequences are in reverse order (the last is the first row), so that new ones are appended.
 */
struct rows {
	const struct state *state;
	struct row_query query;
	bool listing; /* the query is not plain */
	bool stale;   /* the query changed: scan at the next update */

	uint64_t *listed;
	size_t listed_count;
	size_t listed_capacity;
	uint64_t looked_at;    /* the newest sequence that the listing knows about */
	uint64_t waiting;      /* new matching ones that are not listed yet */
	uint64_t next_scan_ns; /* monotonic */

	struct sort_key *keys;
	size_t key_capacity;

	struct conn *frozen; /* NULL: not paused */
	size_t frozen_count;
	size_t frozen_rows;     /* all rows, also those without a copy */
	uint64_t frozen_newest; /* sequence */
};

void rows_clear(struct rows *rows);

/* Sets the query. It takes effect at the next rows_update. */
void rows_query(struct rows *rows, const struct row_query *query);

/* Returns true if the query asks for all connections in order of arrival. */
bool row_query_is_plain(const struct row_query *query);

/* Returns true if the query shows the connection. */
bool row_query_matches(const struct row_query *query, const struct state *state,
		       const struct conn *conn);

/*
 * Updates the rows, once a frame. monotonic_ns paces the scans. reorder: sorted rows may move and
 * new ones may appear; false keeps the rows in place while a person reads them.
 */
void rows_update(struct rows *rows, uint64_t monotonic_ns, bool reorder);

/* Applies a changed query at once, so that a key before the next frame moves among its rows. */
void rows_settle(struct rows *rows);

/* Keeps the rows from `first` (a sequence; 0: the first row) on as they are, until rows_thaw.
 * Returns 0 or -ENOMEM. */
int rows_freeze(struct rows *rows, uint64_t first);
void rows_thaw(struct rows *rows);

/* Return the number of rows, and of the connections in the state. */
size_t rows_count(const struct rows *rows);
size_t rows_total(const struct rows *rows);

/* Returns how many matching connections arrived after the freeze, or after the sequence `seen`. */
uint64_t rows_newer(const struct rows *rows, uint64_t seen);

/* Returns the sequence of the newest connection; 0: none. */
uint64_t rows_newest(const struct rows *rows);

/* Return the sequence of the first and the last row; 0: no rows. */
uint64_t rows_first(const struct rows *rows);
uint64_t rows_last(const struct rows *rows);

/* Returns the row `delta` rows below (above, if negative), or the last one on the way; 0: no rows. */
uint64_t rows_step(const struct rows *rows, uint64_t sequence, long delta);

/* Returns the row itself if it still exists, else the nearest one (the first, if rows are sorted);
 * 0: no rows. */
uint64_t rows_nearest(const struct rows *rows, uint64_t sequence);

/* Copies up to `max` rows from `sequence` down. Returns their number. */
size_t rows_copy(const struct rows *rows, uint64_t sequence, struct conn *out, size_t max);

#endif
