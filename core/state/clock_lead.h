/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Measures by how much the clock of a node is ahead of this machine's, from the times of its
 * records and the times at which they arrive. Pure.
 *
 * A record arrives after it was made, so each one gives a lower bound. The greatest bound is taken,
 * which is too small by the shortest delay that was seen. A stream that falls behind therefore does
 * not look like a clock that is behind. The bound falls by CLOCK_LEAD_DECAY of the time that
 * passes, so that it follows a clock that is corrected slowly (by at most 500 parts in a million,
 * ntpd(8)).
 */
#ifndef POLECAT_CORE_STATE_CLOCK_LEAD_H
#define POLECAT_CORE_STATE_CLOCK_LEAD_H

#include <stdbool.h>
#include <stdint.h>

/* A thousandth: twice the fastest correction. */
#define CLOCK_LEAD_DECAY 1000

/* Smaller changes are not reported, because each moves the ages of a node's connections. */
#define CLOCK_LEAD_STEP_NS 100000000

/* Zero-initialise. */
struct clock_lead {
	bool known;
	int64_t bound_ns;    /* the greatest bound, at at_ns */
	uint64_t at_ns;      /* on this machine's steady scale */
	int64_t reported_ns; /* the lead that clock_lead_add reported last */
};

/* Adds a record with a time on the node's steady scale, which arrived at a time on this machine's
 * steady scale. Returns true if lead->reported_ns has changed. */
bool clock_lead_add(struct clock_lead *lead, uint64_t node_ns, uint64_t arrived_ns);

#endif
