/* SPDX-License-Identifier: Apache-2.0 */
#include "core/state/edge_sweep.h"

const struct edge *edge_sweep_next(struct edge_sweep *sweep, const struct state *state,
				   uint64_t revision)
{
	if (sweep->subject == 0 && sweep->edge == 0)
		sweep->round = revision;
	while (sweep->subject < state_subject_count(state)) {
		const struct subject *subject = state_subject(state, sweep->subject);
		if (sweep->edge < subject->edge_count)
			return subject->edges[sweep->edge++];
		sweep->subject++;
		sweep->edge = 0;
	}
	sweep->subject = 0;
	sweep->swept = sweep->round;
	return NULL;
}
