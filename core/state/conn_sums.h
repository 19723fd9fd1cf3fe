/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sums of a row of the connection table that stands for several connections: those of an edge
 * record (core/aggregate/aggregate.h), so of one interval. A row of one connection has none.
 */
#ifndef POLECAT_CORE_STATE_CONN_SUMS_H
#define POLECAT_CORE_STATE_CONN_SUMS_H

#include <stdint.h>

#include "core/record/record.h"
#include "core/state/conn.h"
#include "core/state/fold_share.h"

struct conn_sums {
	struct fold_share share; /* the gauges are those at the end of the interval */
	uint64_t attempts;
	uint64_t established;
	uint64_t closed;
	uint64_t latency_p50_us;
	uint64_t latency_p95_us;
	uint64_t latency_max_us;
	struct failure_counts failures; /* by error */
	uint64_t failed_ns;             /* steady time of the last failure, conn->flow.error */
	/* Identifies the edge on its node. Rows with the same number are intervals of one edge. */
	uint64_t identity;
	uint64_t previous; /* sequence of the interval before; 0: none */
	/* Steady time at which the next interval ended. From then on, the gauges are those of that
	 * interval. 0: this is the last interval. */
	uint64_t superseded_ns;
};

/* Frees the sums of a connection, if it has any. */
void conn_sums_free(struct conn *conn);

#endif
