/* SPDX-License-Identifier: Apache-2.0 */
/* A flow as one of its ends sees it, which the evaluator judges. */
#ifndef POLECAT_CORE_POLICY_EVALUATE_EVALUATE_FLOW_H
#define POLECAT_CORE_POLICY_EVALUATE_EVALUATE_FLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "core/record/flow.h"
#include "core/state/identity/holder.h"
#include "core/state/identity/workloads.h"
#include "core/state/state.h"

struct evaluate_flow {
	const struct pod_record
		*subject;           /* the pod of this end; NULL: only its namespace is known */
	const char *namespace_name; /* the subject's; never NULL */
	const char
		*node; /* where the subject was seen, if its record names no node; NULL: unknown */
	/* The peer at the time of the flow; NULL: the pods that hold the address now. It has a
	 * network of its own. */
	const struct pod_record *peer_pod;
	/* The namespace of a peer that is a pod without a record; NULL: unknown. */
	const char *peer_namespace;
	/* The address that the subject had in the flow; NULL: unknown. A pod in its node's network has
	 * several. */
	const struct flow_address *local;
	uint64_t time_ns;         /* of the flow, Unix time; 0: now */
	struct flow_address peer; /* network byte order */
	bool peer_is_gone;        /* a later pod holds the address, and the former one is unknown */
	uint16_t port;            /* the server's; 0: unknown */
	uint8_t family;           /* 4 or 6; 0: the peer is unknown */
	uint8_t direction;        /* enum flow_direction */
	uint8_t protocol;         /* enum flow_protocol */
};

/* Fills in the flow of an edge. Returns false if the subject is no pod: policies do not apply. */
bool evaluate_flow_of_edge(const struct state *state, const struct edge *edge,
			   struct evaluate_flow *flow);

/* Returns the node of the flow's subject; NULL: unknown. */
static inline const char *evaluate_flow_node(const struct evaluate_flow *flow)
{
	return flow->subject && flow->subject->node ? flow->subject->node : flow->node;
}

/* Fills in a query for the flow's peer as of now. flow->family must not be 0. */
void evaluate_flow_query(const struct evaluate_flow *flow, struct holder_query *query);

#endif
