/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Folds flows into their connections, and computes a connection's share of the counters. Pure.
 *
 * Events may come twice, in another order, or without earlier ones (a late start, a lost event). So
 * a connection stores the set of steps (attempt, established, closed and so on) that are known to
 * have happened. Its phase and its share of every counter follow from that set and its fields
 * alone. A counter is the sum of the shares of its connections. After each fold, the owner of the
 * counter subtracts the connection's share before the fold, and adds the share after it. So nothing
 * is counted twice. If a connection gets another subject, exactly its share moves.
 */
#ifndef POLECAT_CORE_STATE_FOLD_H
#define POLECAT_CORE_STATE_FOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "core/record/flow.h"
#include "core/state/conn.h"
#include "core/state/fold_share.h"

enum fold_seen {
	FOLD_SEEN_ATTEMPT = 1u << 0,
	FOLD_SEEN_ESTABLISHED = 1u << 1, /* or accepted */
	FOLD_SEEN_OPEN = 1u << 2,
	FOLD_SEEN_CLOSED = 1u << 3,
	FOLD_SEEN_FAILED = 1u << 4,
	FOLD_SEEN_DATAGRAM = 1u << 5,
	FOLD_SEEN_UNANSWERED = 1u << 6, /* a DNS query of this flow had no answer */
	FOLD_SEEN_LOOKUP_FAILED = 1u << 7,
	FOLD_SEEN_UNSEEN = 1u << 8, /* ended, but its end was lost (FLOW_END_UNSEEN) */
};

/*
 * An additional subflow of a Multipath TCP connection counts as a connection only in its edge, and
 * only if the edge is another one than that of the connection: a policy must allow its packets.
 */
void fold_share(const struct conn *conn, struct fold_share *share);

/*
 * Folds a flow into its connection. Returns true if the connection may get another subject or edge:
 * an address, the port or the cgroup changed, or the program's name became known.
 *
 * Fields of the flow that are set replace those of the connection. A flow that is older than the
 * last one (an earlier step, or an earlier sample) only fills in unknown fields. The count and the
 * bytes of a datagram record cover the time since the previous record, so they are added. The
 * record of a close has the totals, so they replace the sums.
 */
bool fold_flow(struct conn *conn, const struct flow *flow);

/* Returns whether the flow begins a new connection with the same key. That happens if conn has
 * ended, its id was made of its addresses, and the client uses the port again. */
bool fold_begins_again(const struct conn *conn, const struct flow *flow);

/* Returns whether an additional subflow has the same peer and port as the connection that it joined
 * (NULL: unknown). Their processes are the same. */
bool fold_is_parallel(const struct flow *flow, const struct conn *joined);

/* Returns the phase (enum conn_phase) that a set of enum fold_seen proves. */
uint8_t fold_phase(uint16_t seen);

/* Returns a member of a share as it counts for the subject and the state. */
static inline uint64_t fold_whole(const struct fold_share *share, uint64_t member)
{
	return share->whole ? member : 0;
}

/* Returns true if the connection is closed or failed. */
static inline bool fold_has_ended(const struct conn *conn)
{
	return conn->phase == CONN_CLOSED || conn->phase == CONN_FAILED;
}

#endif
