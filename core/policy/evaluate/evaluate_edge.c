/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/evaluate/evaluate_edge.h"

#include <errno.h>

#include "core/state/edge_reply.h"

int evaluate_edge_near(struct evaluator *evaluator, const struct state *state,
		       const struct edge *edge, const struct evaluate_flow *flow,
		       struct evaluate_result *result)
{
	int error = evaluator_judge(evaluator, flow, result);

	if (error || result->verdict != EVALUATE_DENIED || !edge_is_reply(state, edge))
		return error;
	result->verdict = EVALUATE_ALLOWED;
	result->reason = EVALUATE_REPLY;
	return 0;
}

bool evaluate_edge_has_far_end(const struct evaluate_flow *flow)
{
	return !flow->peer_pod || (workloads_holds_addresses(flow->peer_pod) &&
				   holder_pod_has(flow->peer_pod, flow->family, &flow->peer));
}

int evaluate_edge_far(struct evaluator *evaluator, const struct evaluate_flow *far,
		      struct evaluate_edge_result *worst)
{
	struct evaluate_result result;
	int error = evaluator_judge(evaluator, far, &result);

	/* The server's node is unknown, so the client may be that node, from which ingress is
	 * always allowed. Ignore the verdict. */
	if (!far->subject->node && !far->peer_pod && far->direction == FLOW_INGRESS)
		return error;
	if (!error && result.verdict > worst->result.verdict &&
	    result.verdict != EVALUATE_UNKNOWN) {
		worst->flow = *far;
		worst->result = result;
		worst->far = true;
	}
	return error;
}

int evaluate_edge(struct evaluator *evaluator, const struct state *state, const struct edge *edge,
		  struct evaluate_edge_result *worst)
{
	const struct evaluate_flow *ends = NULL;
	size_t count = 0;

	worst->far = false;
	if (!evaluate_flow_of_edge(state, edge, &worst->flow))
		return -ENOENT;
	const struct evaluate_flow flow = worst->flow;
	int error = evaluate_edge_near(evaluator, state, edge, &flow, &worst->result);
	if (error || worst->result.verdict == EVALUATE_DENIED || !evaluate_edge_has_far_end(&flow))
		return error;
	error = evaluator_far_ends(evaluator, &flow, &ends, &count);
	for (size_t i = 0; i < count && !error && worst->result.verdict != EVALUATE_DENIED; i++)
		error = evaluate_edge_far(evaluator, &ends[i], worst);
	return error;
}
