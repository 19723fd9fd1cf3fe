/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists the rows of a folded table: a row for each bundle that has connections that the query
 * shows, and below the row of an unfolded bundle a row for each of these connections.
 *
 * A scan lists all rows. It looks at the bundles or, if the query may show a part of the
 * connections of a bundle or sorts, at all connections. Rows that are listed keep their places if
 * the caller says so; new ones are then the first. Without a sort, the order is that in which the
 * bundles rose (bundle_table.h). Only for the main thread.
 */
#ifndef POLECAT_TUI_DASHBOARD_TABLE_ROW_FOLDS_H
#define POLECAT_TUI_DASHBOARD_TABLE_ROW_FOLDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tui/columns/column_fold.h"
#include "tui/dashboard/table/row_list.h"
#include "tui/dashboard/table/row_query.h"
#include "tui/dashboard/table/row_source.h"

/* A row to draw. */
struct row {
	uint64_t id;
	struct conn conn;        /* a copy; of several connections, that of the newest one */
	struct column_fold fold; /* of the connections of a bundle; `newest` is NULL */
	bool is_member;          /* below the row of its bundle */
};

/* The number of bundles whose sums are remembered. */
#define ROW_FOLDS_SUMS 64

/* The sums of a bundle with many connections, which are not computed for each frame. */
struct row_sum {
	uint64_t id; /* of the row; 0: unused */
	uint64_t newest;
	uint64_t due_ns;  /* monotonic: compute again */
	uint64_t used_ns; /* monotonic */
	struct column_fold fold;
};

struct row_order; /* a row that a scan has found, with its sort key */

/* Zero-initialise; free with row_folds_clear. */
struct row_folds {
	struct column_fold *sums; /* of the last scan that looked at connections, by conn->bundle */
	size_t sum_capacity;
	bool summed;             /* `sums` are those of the frame, of connections of the state */
	struct row_order *found; /* by the scan; the first row first */
	size_t found_count;
	size_t found_capacity;
	uint32_t *kept; /* for the rows of the list, their places in `found`, plus one */
	size_t kept_capacity;
	uint64_t *unfolded; /* ids of rows */
	size_t unfolded_count;
	size_t unfolded_capacity;
	uint64_t risen;   /* the last rise (bundle->risen) that was looked at */
	uint64_t fresh;   /* rows that were put above the first row and not yet seen */
	uint64_t waiting; /* rows that are not listed, because the order is kept */
	size_t matched;   /* connections of the rows at the last scan */
	size_t begun;     /* connections that had begun at the last scan that looked at all */
	struct row_sum cache[ROW_FOLDS_SUMS];
	uint64_t monotonic_ns; /* of the frame */
};

void row_folds_clear(struct row_folds *folds);

/* Forgets the sums that are remembered, because the query has changed. */
void row_folds_forget(struct row_folds *folds);

/* Begins a frame. The state must not change between a scan and row_folds_copy in one frame. */
void row_folds_begin(struct row_folds *folds, uint64_t monotonic_ns);

/* Lists all rows. If keep_order is true, rows that are listed keep their order, and sorted rows
 * that are not listed are only counted in `waiting`. */
void row_folds_scan(struct row_folds *folds, const struct row_source *source,
		    const struct row_query *query, struct row_list *list, bool keep_order);

/* Returns whether a scan looks at all connections instead of the bundles. */
bool row_folds_sums_up(const struct row_source *source, const struct row_query *query);

/* Lists bundles that rose since the last scan and are not listed; counts them in `waiting` if the
 * rows are sorted. Call it only if the source is not frozen. */
void row_folds_catch_up(struct row_folds *folds, const struct row_source *source,
			const struct row_query *query, struct row_list *list);

/* Copies the data of a listed row. Returns false if the row has no connection any more. */
bool row_folds_copy(struct row_folds *folds, const struct row_source *source,
		    const struct row_query *query, const struct listed_row *listed,
		    struct row *out);

/* Returns the connection of the row with an id, of several the one that joined its bundle last.
 * Returns NULL if the row has none. */
const struct conn *row_folds_find_conn(const struct state *state, uint64_t id);

/* Returns true if a listed row has a connection. */
bool row_folds_has(const struct row_source *source, const struct listed_row *listed);

/* Unfolds the row of a bundle, or folds it. The next scan shows it. */
void row_folds_toggle(struct row_folds *folds, uint64_t id);
bool row_folds_is_unfolded(const struct row_folds *folds, uint64_t id);
/* Folds all rows. Returns true if one was unfolded. */
bool row_folds_fold_all(struct row_folds *folds);

#endif
