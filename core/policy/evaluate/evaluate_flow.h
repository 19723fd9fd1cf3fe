/* SPDX-License-Identifier: Apache-2.0 */
/* A flow as seen at one of its ends, for the evaluator. */
#ifndef POLECAT_CORE_POLICY_EVALUATE_EVALUATE_FLOW_H
#define POLECAT_CORE_POLICY_EVALUATE_EVALUATE_FLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "core/record/flow.h"
#include "core/state/identity/holder.h"
#include "core/state/identity/workloads.h"
#include "core/state/state.h"

struct evaluate_flow {
	const struct pod_record *subject; /* the pod of this end; NULL: no record describes it */
	const char *namespace_name;       /* the subject's namespace; never NULL */
	/* The node on which the subject was seen. It is used if the subject's record names no node.
	 * NULL: unknown. */
	const char *node;
	/* The pod that was the peer at the time of the flow; never a host-network pod. NULL: use
	 * the pods that have the peer address now. */
	const struct pod_record *peer_pod;
	/* If the peer is a pod without a record, its namespace. NULL: unknown, or the pod has a
	 * record. */
	const char *peer_namespace;
	/* The subject's address in the flow. NULL: unknown. A pod in its node's network has several
	 * addresses. */
	const struct flow_address *local;
	uint64_t time_ns;         /* steady time of the flow; 0: now */
	struct flow_address peer; /* network byte order */
	/* The peer was a pod that is gone and unknown: its address now belongs to a pod that
	 * started after the flow. */
	bool peer_is_gone;
	uint16_t port;     /* the server's port; 0: unknown */
	uint8_t family;    /* 4 or 6; 0: the peer is unknown */
	uint8_t direction; /* enum flow_direction */
	uint8_t protocol;  /* enum flow_protocol */
};

/* Fills in the flow of an edge. Returns false if the subject is not a pod, because policies apply
 * only to pods. */
bool evaluate_flow_of_edge(const struct state *state, const struct edge *edge,
			   struct evaluate_flow *flow);

/* Returns the node of the flow's subject, or NULL if it is unknown. */
static inline const char *evaluate_flow_node(const struct evaluate_flow *flow)
{
	return flow->subject && flow->subject->node ? flow->subject->node : flow->node;
}

/*
 * Fills in a query for the present holder of the flow's peer address. flow->family must not be 0.
 */
void evaluate_flow_query(const struct evaluate_flow *flow, struct holder_query *query);

#endif
