/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Selects and orders the rows of the connection table, and steps from one row to another. Draws
 * nothing. Only for the main thread.
 *
 * A row is a connection or, if the rows are folded, a bundle of connections or a connection below
 * it. The caller stores the id of a row (row_list.h), and rows_nearest finds the row again. Rows
 * have one of three forms:
 *
 *   plain   Without a filter, a sort and folding, the rows are the state's own list of
 *           connections. So the work of a frame depends on the rows on the screen, not on all
 *           connections.
 *   listed  Otherwise, a scan lists the ids in display order: of connections that match or, if the
 *           rows are folded, of bundles (row_folds.h). The next scan waits 25 times as long as the
 *           last scan took, so that scans take at most 4 % of the time, and at least half a second,
 *           or a tenth of a second if it looks only at the bundles.
 *           Until then, new connections that match, or new bundles, are inserted above the first
 *           row. If the rows are sorted, they are counted, but get no rows until the next scan.
 *   frozen  While paused, rows are listed from copies of the connections (row_source.h). If there
 *           are too many, those of the rows from the first visible row on are preferred.
 */
#ifndef POLECAT_TUI_DASHBOARD_TABLE_ROWS_H
#define POLECAT_TUI_DASHBOARD_TABLE_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tui/columns/column.h"
#include "tui/dashboard/table/row_folds.h"
#include "tui/dashboard/table/row_list.h"
#include "tui/dashboard/table/row_query.h"
#include "tui/dashboard/table/row_source.h"

/* Plain rows have no indices, so rows_index counts up to this many rows in both directions. The
 * number is high enough to find each of 100,000 rows. A row in the middle takes a few
 * milliseconds. */
#define ROWS_WALK_MAX 50000

/* Set `source.state`, and zero-initialise the other members. Free with rows_clear. */
struct rows {
	struct row_source source;
	struct row_query query;
	bool listing; /* the query is not plain, or the rows are folded */
	bool stale;   /* the query changed, so scan at the next update */

	struct row_list list;
	struct row_folds folds;
	uint64_t looked_at;    /* the newest sequence that was checked against the query */
	uint64_t waiting;      /* new connections that match and are not listed yet */
	uint64_t next_scan_ns; /* monotonic */

	size_t begun;         /* with query.rewound: connections that had begun at the last scan */
	size_t scanned_total; /* connections at the last scan; beside the matches of that scan */

	struct sort_key *keys;
	size_t key_capacity;
};

void rows_clear(struct rows *rows);

/* Sets the query. It takes effect at the next rows_update. */
void rows_query(struct rows *rows, const struct row_query *query);

/* The time of a frame. */
struct rows_time {
	uint64_t monotonic_ns; /* paces the scans */
	uint64_t now_ns;       /* session_now of the frame, for example for rates */
};

/*
 * Updates the rows, once a frame. `time` decides whether the next scan is due. If `reorder` is
 * false, sorted and folded rows stay in place until the query changes or a pause ends, so that the
 * user can read them.
 */
void rows_update(struct rows *rows, const struct rows_time *time, bool reorder);

/* Applies a changed query at once, so that a key pressed before the next frame moves the selection
 * within the new rows. */
void rows_settle(struct rows *rows);

/* Scans again at the next update, even if no scan is due. The rows keep their order. */
void rows_scan_soon(struct rows *rows);

/* Freezes all connections until rows_thaw. If there are too many, prefers the rows from `first` (an
 * id; 0: the first row) on. Returns 0 or -ENOMEM. */
int rows_freeze(struct rows *rows, uint64_t first);
void rows_thaw(struct rows *rows);

/* rows_count returns the number of rows, and rows_matched that of their connections. rows_total
 * returns the number of connections in the state; while frozen, their number at the freeze. */
size_t rows_count(const struct rows *rows);
size_t rows_matched(const struct rows *rows);
size_t rows_total(const struct rows *rows);

/* Returns the number of connections that left the state to make room; while frozen, only those
 * that left before the freeze. */
uint64_t rows_evicted(const struct rows *rows);

/* Returns true if there is such a row. */
bool rows_have(const struct rows *rows, uint64_t id);

/* Returns the number of rows above a row. Returns SIZE_MAX if there is no such row, or if rows are
 * plain and the row is more than ROWS_WALK_MAX rows away from both ends. */
size_t rows_index(const struct rows *rows, uint64_t id);

/* Returns the number of matching connections that arrived after the freeze, or after the sequence
 * `seen` if the rows are not frozen. If they are folded and not frozen, returns the number of new
 * rows since rows_see. */
uint64_t rows_newer(const struct rows *rows, uint64_t seen);

/* The user sees the first row. */
void rows_see(struct rows *rows);

/* Returns the sequence of the newest connection; 0: none. */
uint64_t rows_newest(const struct rows *rows);

/* Return the id of the first and the last row; 0: no rows. */
uint64_t rows_first(const struct rows *rows);
uint64_t rows_last(const struct rows *rows);

/* Returns the id of the row that is `delta` rows below the row `id`, or above it if `delta` is
 * negative. Stops at the last or the first row. 0: no rows. */
uint64_t rows_step(const struct rows *rows, uint64_t id, long delta);

/*
 * Returns the id of a row, or 0 if there are no rows:
 * - `id`, if its row still exists;
 * - else the first row, if rows are sorted or folded;
 * - else the next newer row, or the newest row if no row is newer.
 */
uint64_t rows_nearest(const struct rows *rows, uint64_t id);

/* Returns the id of the row that has a connection: that of its bundle if rows are folded. */
uint64_t rows_id_of(const struct rows *rows, uint64_t sequence);

/* Copies the row `id` and the rows below it, up to `max` rows. Returns their number. Call
 * rows_update after a change of the state, and before this function. */
size_t rows_copy(struct rows *rows, uint64_t id, struct row *out, size_t max);

#endif
