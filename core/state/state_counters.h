/* SPDX-License-Identifier: Apache-2.0 */
/* The totals of a state (state_counters). */
#ifndef POLECAT_CORE_STATE_STATE_COUNTERS_H
#define POLECAT_CORE_STATE_STATE_COUNTERS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/record/record.h"

/* Totals since the start. */
struct state_counters {
	uint64_t flows;       /* flow records folded */
	uint64_t connections; /* all connections so far */
	uint64_t attempts;
	uint64_t established; /* established and accepted */
	uint64_t failed;
	uint64_t closed;
	uint64_t open_now;
	uint64_t hanging_now; /* conn_hangs */
	/* Connections in the table whose two ends are both known (conn_pairs.h), and those of them
	 * that are open at both. The counts above count each end. */
	uint64_t pairs;
	uint64_t pairs_open;
	uint64_t evicted;       /* connections that left the table to make room */
	uint64_t evicted_ns;    /* latest flow of the evicted connections, on the caller's steady
	                         * scale */
	uint64_t evicted_early; /* connections evicted while open or before their pod was known */
	uint64_t unkept;        /* flows that only an overflow edge counts */
	/* Connections of unknown cgroups, which may or may not have a container. The number
	 * decreases when such a cgroup becomes known. */
	uint64_t unresolved;
	uint64_t lost[LOST_WHERE_END]; /* by enum lost_where */
	/* The parts of `lost` that are known to be events of pods and containers, or of programs
	 * (loss_of_subject). */
	uint64_t lost_by_subjects;
	uint64_t lost_by_programs;
	uint64_t first_ns;      /* steady time of the earliest flow; 0: none yet */
	uint64_t last_ns;       /* of the latest flow */
	uint64_t first_wall_ns; /* the same two by the clocks of their nodes: Unix time */
	uint64_t last_wall_ns;
	uint64_t clock_steps; /* the number of times that a node's clock was set */
	bool udp_seen;
	bool sctp_seen;
};

#endif
