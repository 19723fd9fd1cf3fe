/* SPDX-License-Identifier: Apache-2.0 */
/* The amounts that a connection, or a row that stands for several (conn_sums.h), adds to the
 * counters of its edge, its subject and the state. fold.h computes them. */
#ifndef POLECAT_CORE_STATE_FOLD_SHARE_H
#define POLECAT_CORE_STATE_FOLD_SHARE_H

#include <stdbool.h>
#include <stdint.h>

struct fold_share {
	uint64_t tx_bytes;
	uint64_t rx_bytes;
	uint64_t latency_us;
	uint64_t flows;
	uint64_t conn;
	uint64_t ok; /* known to have succeeded */
	uint64_t failed;
	uint64_t open;    /* established and not ended */
	uint64_t hanging; /* conn_hangs */
	uint64_t latency; /* connections with a known latency, which latency_us sums up */
	/* Counts as a connection of its subject and of the state. False: an additional subflow of a
	 * Multipath TCP connection. */
	bool whole;
};

#endif
