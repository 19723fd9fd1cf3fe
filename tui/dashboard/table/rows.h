/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Selects and orders the rows of the connection table, and steps from one row to another. Draws
 * nothing. Only for the main thread.
 *
 * A row is identified by the sequence number of its connection. Sequence numbers never repeat. The
 * caller stores the number, and rows_nearest finds the row again. Rows have one of three forms:
 *
 *   plain   Without a filter and a sort, the rows are the state's own list of connections. So the
 *           work of a frame depends on the rows on the screen, not on all connections.
 *   listed  With a filter or a sort, a scan of the whole state lists the sequences in display
 *           order. The next scan waits 25 times as long as the last scan took (at least half a
 *           second), so that scans take at most 4 % of the time. Until then, new connections that
 *           match are inserted above the first row. If the rows are sorted, new connections are
 *           counted, but get no rows until the next scan.
 *   frozen  While paused, rows are listed from copies of all connections, so that a filter or a
 *           sort works on the connections as they were at the pause. There are at most
 *           ROWS_FROZEN_MAX copies: of the rows from the first visible row on, then of the newest
 *           connections.
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

/* The number of connections that the state keeps by default. */
#define ROWS_FROZEN_MAX 100000

/* Plain rows have no indices, so rows_index counts up to this many rows in both directions. The
 * number is high enough to find each of 100,000 rows. A row in the middle takes a few
 * milliseconds. */
#define ROWS_WALK_MAX 50000

/* The connections to show, and their order. The caller keeps the pointers valid while the query is
 * set. A NULL member does not limit the connections. */
struct row_query {
	/* Applies the filter of the command line. Returns false to hide the connection. */
	bool (*shows)(const void *data, const struct conn *conn);
	const void *shows_data;
	const struct filter *filter;
	const struct subject *subject;
	const struct edge *edge;
	const char *namespace_name;
	bool hide_closed;
	bool rewound;                    /* the state is that of an earlier time */
	bool problems;                   /* show only failed, hanging and denied connections */
	const struct verdicts *verdicts; /* NULL: nothing is denied */
	struct novelty *novelty;         /* for the filter new: */
	const struct column *sort;       /* NULL: the newest first */
	bool inverted;
};

/*
 * Set `state`, and zero-initialise the other members. Free with rows_clear. `listed` is in reverse
 * order (its last sequence is the first row), so that new first rows are appended.
 */
struct rows {
	const struct state *state;
	struct row_query query;
	bool listing; /* the query is not plain */
	bool stale;   /* the query changed, so scan at the next update */

	uint64_t *listed;
	size_t listed_count;
	size_t listed_capacity;
	uint64_t looked_at;    /* the newest sequence that was checked against the query */
	uint64_t waiting;      /* new connections that match and are not listed yet */
	uint64_t next_scan_ns; /* monotonic */
	uint64_t now_ns;       /* session_now at the last rows_update */

	size_t begun; /* with query.rewound: connections that had begun at the last scan */

	struct sort_key *keys;
	size_t key_capacity;

	struct conn *frozen; /* copies in ascending order of sequences; NULL: not paused */
	size_t frozen_count;
	size_t frozen_total;     /* connections in the state at the freeze */
	uint64_t frozen_newest;  /* the newest sequence at the freeze */
	uint64_t frozen_evicted; /* connections that the state had evicted at the freeze */
};

void rows_clear(struct rows *rows);

/* Sets the query. It takes effect at the next rows_update. */
void rows_query(struct rows *rows, const struct row_query *query);

/* Returns true if the query asks for all connections in order of arrival. */
bool row_query_is_plain(const struct row_query *query);

/* Returns true if the query shows the connection. now_ns: see session_now. */
bool row_query_matches(const struct row_query *query, const struct state *state,
		       const struct conn *conn, uint64_t now_ns);

/* The time of a frame. */
struct rows_time {
	uint64_t monotonic_ns; /* paces the scans */
	uint64_t now_ns;       /* session_now of the frame, for example for rates */
};

/*
 * Updates the rows, once a frame. `time` decides whether the next scan is due. If `reorder` is
 * false, sorted rows stay in place until the query changes or a pause ends, so that the user can
 * read them.
 */
void rows_update(struct rows *rows, const struct rows_time *time, bool reorder);

/* Applies a changed query at once, so that a key pressed before the next frame moves the selection
 * within the new rows. */
void rows_settle(struct rows *rows);

/* Freezes all connections until rows_thaw. If there are too many, prefers the rows from `first` (a
 * sequence; 0: the first row) on. Returns 0 or -ENOMEM. */
int rows_freeze(struct rows *rows, uint64_t first);
void rows_thaw(struct rows *rows);

/* rows_count returns the number of rows. rows_total returns the number of connections in the
 * state; while frozen, their number at the freeze. */
size_t rows_count(const struct rows *rows);
size_t rows_total(const struct rows *rows);

/* Returns the number of connections that left the state to make room; while frozen, only those
 * that left before the freeze. */
uint64_t rows_evicted(const struct rows *rows);

/* Returns true if the connection is one of the rows. */
bool rows_have(const struct rows *rows, uint64_t sequence);

/* Returns the number of rows above a row. Returns SIZE_MAX if there is no such row, or if rows are
 * plain and the row is more than ROWS_WALK_MAX rows away from both ends. */
size_t rows_index(const struct rows *rows, uint64_t sequence);

/* Returns the number of matching connections that arrived after the freeze, or after the sequence
 * `seen` if the rows are not frozen. */
uint64_t rows_newer(const struct rows *rows, uint64_t seen);

/* Returns the sequence of the newest connection; 0: none. */
uint64_t rows_newest(const struct rows *rows);

/* Return the sequence of the first and the last row; 0: no rows. */
uint64_t rows_first(const struct rows *rows);
uint64_t rows_last(const struct rows *rows);

/* Returns the sequence of the row that is `delta` rows below the row `sequence`, or above it if
 * `delta` is negative. Stops at the last or the first row. 0: no rows. */
uint64_t rows_step(const struct rows *rows, uint64_t sequence, long delta);

/*
 * Returns the sequence of a row, or 0 if there are no rows:
 * - `sequence`, if its row still exists;
 * - else the first row, if rows are sorted;
 * - else the next newer row, or the newest row if no row is newer.
 */
uint64_t rows_nearest(const struct rows *rows, uint64_t sequence);

/* Copies the row `sequence` and the rows below it, up to `max` rows. Returns their number. */
size_t rows_copy(const struct rows *rows, uint64_t sequence, struct conn *out, size_t max);

#endif
