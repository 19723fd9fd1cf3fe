/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Folds flows into their connections, and computes the share of a connection in the counters that it
 * belongs to. Pure.
 *
 * Events may come twice, in another order, or without the ones before them (a late start, a lost
 * event). So a connection keeps the set of steps that are known to have happened; its phase and its
 * share of every counter follow from that set and its fields alone. The owners of sums subtract the
 * share before a fold and add the one after: nothing counts twice, and moving a connection to
 * another sum is exact.
 */
#ifndef POLECAT_CORE_STATE_FOLD_H
#define POLECAT_CORE_STATE_FOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "core/record/flow.h"
#include "core/state/conn.h"

enum fold_seen {
	FOLD_SEEN_ATTEMPT = 1u << 0,
	FOLD_SEEN_ESTABLISHED = 1u << 1, /* or accepted */
	FOLD_SEEN_OPEN = 1u << 2,
	FOLD_SEEN_CLOSED = 1u << 3,
	FOLD_SEEN_FAILED = 1u << 4,
	FOLD_SEEN_DATAGRAM = 1u << 5,
};

/* One connection's share of the counters of its edge, its subject and the whole. */
struct fold_share {
	uint64_t tx_bytes;
	uint64_t rx_bytes;
	uint64_t latency_us;
	uint32_t flows;
	uint8_t conn;
	uint8_t ok; /* known to have succeeded */
	uint8_t failed;
	uint8_t open;    /* established and not ended */
	uint8_t hanging; /* an attempt without an answer */
	uint8_t latency; /* latency_us is known and counts */
};

void fold_share(const struct conn *conn, struct fold_share *share);

/*
 * Folds a flow in. Returns true when something became known or changed that may give the connection
 * another subject or edge: addresses, port, cgroup, or the program's name where there was none.
 *
 * Known fields of the flow replace those of the connection; unknown ones leave them. A flow that
 * is older than what was folded already (an earlier step, or an earlier sample) only fills in what
 * is not known yet. Datagram records carry counts since the one before, so theirs add up.
 */
bool fold_flow(struct conn *conn, const struct flow *flow);

/* True when the connection cannot go on: closed or failed. */
static inline bool fold_has_ended(const struct conn *conn)
{
	return conn->phase == CONN_CLOSED || conn->phase == CONN_FAILED;
}

#endif
