/* SPDX-License-Identifier: Apache-2.0 */
#include "core/state/edge_filter.h"

#include <string.h>

#include "core/state/conn_words.h"

/* For an edge that has only attempts: returns whether none of them hangs. hanging_count does not
 * include evicted attempts, so the time of the latest flow decides about these. */
static bool edge_filter_connects(const struct state *state, const struct edge *edge)
{
	uint64_t now_ns = state_counters(state)->last_ns;

	return edge->hanging_count == 0 && now_ns < edge->last_ns + CONN_ANSWER_NS;
}

static const char *edge_filter_state(const struct state *state, const struct edge *edge)
{
	if (edge->ok_count == 0 && edge->failed_count == 0 && edge_filter_connects(state, edge))
		return conn_connecting_terms();
	return conn_state_terms(edge->ok_count > 0       ? CONN_ESTABLISHED
				: edge->failed_count > 0 ? CONN_FAILED
							 : CONN_ATTEMPT,
				FLOW_ESTABLISHED, edge->last_error);
}

static bool edge_filter_compare(const struct state *state, const struct filter *filter,
				const struct edge *edge)
{
	const struct subject *subject = edge->subject;
	struct flow flow = {
		.direction = edge->direction,
		.protocol = edge->protocol,
		.family = edge->family,
		.dport = edge->port,
		.error = edge->last_error,
		.event = edge->ok_count > 0       ? FLOW_ESTABLISHED
			 : edge->failed_count > 0 ? FLOW_FAILED
						  : FLOW_ATTEMPT,
		.has = FLOW_HAS_DPORT,
	};

	if (edge->direction == FLOW_INGRESS) {
		flow.src = edge->peer;
		flow.has |= FLOW_HAS_SRC;
	} else {
		flow.dst = edge->peer;
		flow.has |= FLOW_HAS_DST;
	}
	memcpy(flow.comm, edge->comm, sizeof(flow.comm));
	const struct filter_input input = {
		.flow = &flow,
		.node = state_node(state, subject),
		.namespace_name = subject->namespace_name,
		.pod = subject->pod,
		.container = edge->container ? edge->container : subject->container,
		.container_id = subject->container_id,
		.labels = subject->pod_record ? &subject->pod_record->labels : NULL,
		.peer = edge->peer_name,
		.dns = edge->dns,
		.connections = edge->conn_count,
		.state = edge_filter_state(state, edge),
	};
	return filter_match(filter, &input);
}

bool edge_filter_match(const struct state *state, const struct filter *filter,
		       const struct edge *edge)
{
	/* An edge is empty if all its connections have moved to another subject. */
	if (edge->conn_count == 0)
		return false;
	return filter_is_empty(filter) || edge_filter_compare(state, filter, edge);
}
