/* SPDX-License-Identifier: Apache-2.0 */
/* Parts and functions of a state for rewind.c, which changes its connections. */
#ifndef POLECAT_CORE_STATE_STATE_INTERNAL_H
#define POLECAT_CORE_STATE_STATE_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

struct conn_table;
struct fold_share;
struct placement;
struct state;
struct state_counters;

struct state_parts {
	struct conn_table *conns;
	struct placement *placement;
	struct state_counters *counters;
};

/* Fills in the parts, which the state still owns. They are valid until state_free. */
void state_lend(struct state *state, struct state_parts *parts);

/* Returns the number of the node that reported the latest flow. */
uint32_t state_latest_node(const struct state *state);

/* Sets the result of state_is_rewound. */
void state_set_rewound(struct state *state, bool rewound);

/* Changes a connection's share of the counters of the state. */
void state_shift_counters(struct state_counters *counters, const struct fold_share *plus,
			  const struct fold_share *minus);

#endif
