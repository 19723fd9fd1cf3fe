/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walks all edges of a state, one edge per call. Use it to renew a cache that has an answer for
 * each edge, if the answers depend on data with a revision number, such as the identities. One walk
 * over all edges is a round. A round may miss edges that are added while it runs. The next round
 * visits them. Pure.
 */
#ifndef POLECAT_CORE_STATE_EDGE_SWEEP_H
#define POLECAT_CORE_STATE_EDGE_SWEEP_H

#include <stddef.h>
#include <stdint.h>

#include "core/state/state.h"

/* Zero-initialise. */
struct edge_sweep {
	/* Indices of the subject, and of its edge, at which the round continues. */
	size_t subject;
	size_t edge;
	uint64_t round; /* the revision at the start of the present round */
	uint64_t swept; /* the revision at the start of the last complete round; 0: none yet */
};

/* Returns the next edge. `revision` is the present one, not 0. Returns NULL at the end of a round;
 * the next call begins another. */
const struct edge *edge_sweep_next(struct edge_sweep *sweep, const struct state *state,
				   uint64_t revision);

#endif
