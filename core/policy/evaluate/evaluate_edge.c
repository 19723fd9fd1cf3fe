/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/evaluate/evaluate_edge.h"

#include <errno.h>

/* Judges one end of an edge and stores the result in *worst if it is worse. */
static int evaluate_edge_end(struct evaluator *evaluator, const struct evaluate_flow *flow,
			     bool far, struct evaluate_edge_result *worst)
{
	struct evaluate_result result;
	int error = evaluator_judge(evaluator, flow, &result);

	if (error)
		return error;
	if ((!far || result.verdict != EVALUATE_UNKNOWN) &&
	    result.verdict > worst->result.verdict) {
		worst->flow = *flow;
		worst->result = result;
		worst->far = far;
	}
	return 0;
}

int evaluate_edge(struct evaluator *evaluator, const struct state *state, const struct edge *edge,
		  struct evaluate_edge_result *worst)
{
	const struct evaluate_flow *ends = NULL;
	struct evaluate_flow flow;
	size_t count = 0;

	worst->result.verdict = 0;
	if (!evaluate_flow_of_edge(state, edge, &flow))
		return -ENOENT;
	int error = evaluate_edge_end(evaluator, &flow, false, worst);
	if (error || worst->result.verdict == EVALUATE_DENIED)
		return error;
	error = evaluator_far_ends(evaluator, &flow, &ends, &count);
	for (size_t i = 0; i < count && !error; i++)
		error = evaluate_edge_end(evaluator, &ends[i], true, worst);
	return error;
}
