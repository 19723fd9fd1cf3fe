/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Chooses the connections that leave the full table of connections.
 *
 * The one that ended first leaves, or else the oldest. While one subject has more than a quarter of
 * the table, its connections leave before those of subjects that have much fewer. So a flood of one
 * pod does not take the rows of other pods. A majority vote over the connections that leave finds
 * the subject (R. S. Boyer and J. S. Moore, "MJRTY - a fast majority vote algorithm", 1991).
 */
#ifndef POLECAT_CORE_STATE_EVICTION_H
#define POLECAT_CORE_STATE_EVICTION_H

#include "core/state/conn_table.h"

/* Zero-initialise. */
struct eviction {
	const struct subject *flooder; /* the candidate of the vote; NULL: none yet */
	unsigned int votes;
};

/* Returns the connection to remove. The table must not be empty. */
struct conn *eviction_choose(struct eviction *eviction, struct conn_table *table);

#endif
