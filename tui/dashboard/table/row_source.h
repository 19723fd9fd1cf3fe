/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The connections of the table: those of the state or, during a pause, copies of them. So a filter
 * or a sort works on the connections as they were at the pause. There are at most
 * ROW_SOURCE_FROZEN_MAX copies. Only for the main thread.
 */
#ifndef POLECAT_TUI_DASHBOARD_TABLE_ROW_SOURCE_H
#define POLECAT_TUI_DASHBOARD_TABLE_ROW_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "core/state/state.h"

/* The number of connections that the state keeps by default. */
#define ROW_SOURCE_FROZEN_MAX 100000

/* Set `state`, and zero-initialise the other members. Free with row_source_clear. */
struct row_source {
	const struct state *state;
	uint64_t now_ns; /* session_now of the frame */

	struct conn *frozen; /* copies in ascending order of sequences; NULL: not paused */
	size_t frozen_count;
	size_t frozen_total;      /* connections in the state at the freeze */
	uint64_t frozen_pairs;    /* those of which both ends were known */
	uint64_t frozen_newest;   /* the newest sequence at the freeze */
	uint64_t frozen_evicted;  /* connections that the state had evicted at the freeze */
	uint32_t *frozen_bundles; /* the bundles at the freeze (conn->bundle) in order of rise */
	size_t frozen_bundle_count;
	size_t frozen_bundle_end; /* see state_bundle_end */
};

void row_source_clear(struct row_source *source);

/* Copies connections until row_source_thaw: first those in `preferred` (sequences), then the newest
 * of the others. Returns 0 or -ENOMEM. */
int row_source_freeze(struct row_source *source, const uint64_t *preferred, size_t count);
void row_source_thaw(struct row_source *source);

/* Returns a connection, or its copy. NULL: it was evicted, or has no copy. */
const struct conn *row_source_find(const struct row_source *source, uint64_t sequence);

/* Returns the connection that arrived after `conn`; the first one if conn is NULL. NULL: no more.
 */
const struct conn *row_source_next(const struct row_source *source, const struct conn *conn);

/* Returns the sequence of the newest connection of the state; 0: none. */
uint64_t row_source_newest(const struct row_source *source);

/* Returns a number that is greater than the member `bundle` of each connection. */
size_t row_source_bundle_end(const struct row_source *source);

#endif
