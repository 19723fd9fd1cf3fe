/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of bundles. A bundle is all connections in the connection table that have the same
 * edge and the same outcome (conn_outcome): those that a view can show as one row, because their
 * subject, direction, peer, port and state are the same.
 *
 * Each change of a connection costs the same, whatever the size of its bundle. Bundles take 12
 * bytes for each connection, and 64 bytes for each bundle.
 *
 * The table lists the bundles in order of the times at which they rose. A bundle rises when it is
 * made, and when it gets a connection at least BUNDLE_RISE_NS after it last rose. So the bundles
 * that get connections are near the beginning, but a view that shows the list is calm enough to
 * be read.
 *
 * A bundle that loses its last connection keeps its place in the list for some time, because many
 * states are short: a bundle of established connections may become empty many times a second.
 * Only the last BUNDLE_EMPTY_MAX empty bundles are kept.
 *
 * Invariants: each connection in the connection table with flow_count > 0 is in one bundle.
 * Bundles of an edge have different outcomes. A bundle is in the list of empty ones if, and only
 * if, it has no connections.
 */
#ifndef POLECAT_CORE_STATE_BUNDLE_TABLE_H
#define POLECAT_CORE_STATE_BUNDLE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/index_list.h"
#include "core/state/conn_table.h"
#include "core/state/subject.h"

#define BUNDLE_RISE_NS   10000000000u
#define BUNDLE_EMPTY_MAX 1024

struct bundle {
	struct edge *edge;
	uint64_t risen_ns; /* steady time of the event with which it last rose */
	uint64_t risen;    /* grows with each rise of any bundle */
	uint32_t count;    /* number of connections */
	uint32_t newest;   /* slot of the connection that joined last; 0: none */
	uint32_t next;     /* the next bundle of the edge, or of the free ones; 0: none */
	uint8_t outcome;   /* conn_outcome of the connections */
	struct index_link by_rise;
	struct index_link by_end; /* if count is 0: in order of becoming empty */
};

/* Zero-initialise, and call bundle_table_init. Position 0 of `items` is not used. */
struct bundle_table {
	const struct conn_table *conns;
	struct bundle *items;
	size_t count; /* of `items`, the free ones included */
	size_t capacity;
	size_t used; /* bundles with connections */
	size_t empty_count;
	uint32_t free_list;
	uint64_t rises;
	struct index_list by_rise;
	struct index_list empty;
	bool rewound; /* the state is that of an earlier time: bundles do not rise, and empty ones
	               * stay */
};

/* `conns` has the connections. It must outlive the table. */
void bundle_table_init(struct bundle_table *table, const struct conn_table *conns);
void bundle_table_clear(struct bundle_table *table);

/* Moves a connection to the bundle of its edge and its present outcome. Call it after each change
 * of the connection. If out of memory, the connection is in no bundle. Returns 0 or -ENOMEM. */
int bundle_table_update(struct bundle_table *table, struct conn *conn);

/* Takes a connection out of its bundle, if it has one. */
void bundle_table_leave(struct bundle_table *table, struct conn *conn);

/* Ends the time in which `rewound` was set. */
void bundle_table_return(struct bundle_table *table);

/* Returns the bundle of an edge with an outcome, or NULL if it has no connections. */
const struct bundle *bundle_table_find(const struct bundle_table *table, const struct edge *edge,
				       uint8_t outcome);

#endif
