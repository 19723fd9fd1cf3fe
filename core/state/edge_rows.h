/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Folds edge records into the state: each becomes a row of the connection table with sums
 * (conn_sums.h), which counts like as many connections. So the row moves to another subject when a
 * name comes later, and leaves the table when there is no room, as a connection does.
 *
 * Gauges (open and hanging connections) are those of the last interval of an edge. A record that
 * comes twice counts once, as long as its row is in the table. Internal to the state.
 */
#ifndef POLECAT_CORE_STATE_EDGE_ROWS_H
#define POLECAT_CORE_STATE_EDGE_ROWS_H

#include <stdint.h>

#include "core/base/hash_index.h"
#include "core/record/record.h"
#include "core/state/conn.h"

struct state;
struct state_parts;

/* Zero-initialise. Free with edge_rows_clear. */
struct edge_rows {
	struct hash_index latest; /* the slot of the last interval of each edge, by identity */
};

void edge_rows_clear(struct edge_rows *rows);

/* Folds a record. `node` is the number of its node. Returns its row. Returns NULL if the record
 * came before, or if out of memory (counted as lost). */
const struct conn *edge_rows_apply(struct state *state, const struct edge_record *edge,
				   uint32_t node);

/* Forgets a row that leaves the connection table. */
void edge_rows_leave(struct edge_rows *rows, const struct conn *conn);

/* Ends the open and hanging connections of a node's edges, because their ends are not known. */
void edge_rows_end_node(const struct state_parts *parts, uint32_t node);

#endif
