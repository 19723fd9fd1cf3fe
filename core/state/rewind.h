/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shows a state as it was at an earlier time, for a view that steps through the events.
 *
 * Every counter is the sum of the shares of its connections (fold.h). So the state rewinds by
 * giving each connection that it holds the fields and the share that it had at the time.
 * Connections that began later have flow_count 0 and no share. All counters of edges, subjects,
 * groups and the state follow. The end of a rewind restores the connections. Both take about the
 * time of reading each connection in the table.
 *
 * A connection has one value of each field, and the times of its beginning, its establishment and
 * its end. Between them, the following is not known, and absent: bytes, rates and datagrams that
 * were counted later, retransmissions, round-trip times, dropped packets, and TCP states between
 * established and closed. An attempt then hangs after CONN_ANSWER_NS without an answer. Names,
 * labels, DNS names of edges, look-ups and losses stay those of the present. Connections that were
 * evicted count as before, so the time must not be before counters.evicted_ns.
 */
#ifndef POLECAT_CORE_STATE_REWIND_H
#define POLECAT_CORE_STATE_REWIND_H

#include <stdbool.h>
#include <stdint.h>

#include "core/state/state.h"

struct rewind;

/* Makes a rewind of a state, which must outlive it. Returns 0 or -ENOMEM. Free with rewind_free,
 * which restores the present (NULL is allowed). */
int rewind_new(struct state *state, struct rewind **out);
void rewind_free(struct rewind *rewind);

/*
 * Rewinds the state to a time on the caller's steady scale (clocks_now). A state that is rewound
 * already is restored first. Until rewind_end, only views may read the state, and state_set_group
 * may change it. Returns 0, or -ENOMEM with the state at the present.
 */
int rewind_begin(struct rewind *rewind, uint64_t time_ns);

/* Restores the present. Does nothing if the state is not rewound. */
void rewind_end(struct rewind *rewind);

/* Returns whether a connection had begun at the time to which the state is rewound. Always true if
 * the state is not rewound. */
static inline bool rewind_has_begun(const struct conn *conn)
{
	return conn->flow_count > 0;
}

#endif
