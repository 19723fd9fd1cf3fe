/* SPDX-License-Identifier: Apache-2.0 */
/* Parts and functions of a state for rewind.c and edge_rows.c, which change its connections. */
#ifndef POLECAT_CORE_STATE_STATE_INTERNAL_H
#define POLECAT_CORE_STATE_STATE_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

struct clocks;
struct conn;
struct conn_key;
struct conn_table;
struct edge_rows;
struct fold_share;
struct placement;
struct state;
struct state_counters;

struct state_parts {
	struct conn_table *conns;
	struct placement *placement;
	struct state_counters *counters;
	const struct clocks *clocks;
	struct edge_rows *edge_rows;
};

/* Fills in the parts, which the state still owns. They are valid until state_free. */
void state_lend(struct state *state, struct state_parts *parts);

/* Adds a connection with a new key. Evicts others if there is no room. Returns NULL if out of
 * memory (counted as lost). */
struct conn *state_add_conn(struct state *state, const struct conn_key *key);

/* Returns the number of the node that reported the latest flow. */
uint32_t state_latest_node(const struct state *state);

/* Sets the result of state_is_rewound. */
void state_set_rewound(struct state *state, bool rewound);

/* Changes a connection's share of the counters of the state. */
void state_shift_counters(struct state_counters *counters, const struct fold_share *plus,
			  const struct fold_share *minus);

#endif
