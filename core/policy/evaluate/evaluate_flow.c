/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/evaluate/evaluate_flow.h"

#include "core/record/address.h"

void evaluate_flow_query(const struct evaluate_flow *flow, struct holder_query *query)
{
	*query = (struct holder_query){
		.address = flow->peer,
		.family = flow->family,
		.direction = flow->direction,
		.protocol = flow->protocol,
		.port = flow->port,
		.time_ns = UINT64_MAX,
		.node = evaluate_flow_node(flow),
	};
}

bool evaluate_flow_of_edge(const struct state *state, const struct edge *edge,
			   struct evaluate_flow *flow)
{
	const struct workloads *workloads = state_workloads(state);
	const struct subject *subject = edge->subject;
	struct holder_query query;
	struct holder holder;

	if (subject->kind != SUBJECT_POD || !subject->pod || !subject->namespace_name)
		return false;
	*flow = (struct evaluate_flow){
		.subject = subject->pod_record ? subject->pod_record
					       : workloads_pod(workloads, subject->namespace_name,
							       subject->pod),
		.namespace_name = subject->namespace_name,
		.node = state_node(state, subject),
		.local = edge->direction == FLOW_EGRESS && !edge->several_locals &&
					 !address_is_unspecified(edge->family, &edge->local)
				 ? &edge->local
				 : NULL,
		.time_ns = edge->last_ns,
		.peer = edge->peer,
		.family = edge->family,
		/* A mesh's proxy accepts redirected flows on this port, so this end does not show
		 * the original port. The client's end shows it, and is judged, too. */
		.port = edge->direction == FLOW_INGRESS && flow_is_redirect_port(edge->port)
				? 0
				: edge->port,
		.direction = edge->direction,
		.protocol = edge->protocol,
	};
	if ((edge->family != 4 && edge->family != 6) ||
	    address_is_unspecified(edge->family, &edge->peer)) {
		flow->family = 0;
		return true;
	}
	evaluate_flow_query(flow, &query);
	query.time_ns = edge->last_ns;
	if (edge->peer_kind == FLOW_PEER_POD) {
		query.pod_namespace = edge->peer_namespace;
		query.pod_name = edge->peer_name;
	}
	holder_find_pod(workloads, &query, &holder);
	flow->peer_pod = holder.kind == HOLDER_POD ? holder.pod : NULL;
	flow->peer_is_gone = holder.kind == HOLDER_LATER;
	if (query.pod_name && !holder.pod)
		flow->peer_namespace = query.pod_namespace;
	/* If the peer address is the subject's own, the pod talks to itself, even if the flow's
	 * record names another pod. */
	if (flow->subject && holder_pod_has(flow->subject, edge->family, &edge->peer)) {
		flow->peer_pod = flow->subject;
		flow->peer_is_gone = false;
	}
	return true;
}
