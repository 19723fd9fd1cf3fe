/* SPDX-License-Identifier: Apache-2.0 */
/* Flows of a workload that were seen only at their other end, where another subject has an edge for
 * them. For clients.c and servers.c. */
#ifndef POLECAT_CORE_POLICY_DRAFT_FAR_END_H
#define POLECAT_CORE_POLICY_DRAFT_FAR_END_H

#include "core/policy/draft/evidence.h"

/* A flow of the workload. Its mirrored edge is a copy of `edge` as the workload would see it: the
 * direction is reversed, and the peer is the other end. It is made only where it is needed, because
 * edges are large. */
struct far_end {
	const struct edge *edge;       /* the edge of the other end's subject */
	const struct subject *subject; /* a subject of the workload, for the mirrored edge */
	struct flow_address peer;      /* an address of the other end, of the edge's family */
	uint16_t port;                 /* the server's port */
};

/* Counts the connections in the workload's own edges of this flow, like evidence_count_with. */
uint64_t far_end_count_seen(const struct evidence *evidence, const struct far_end *end,
			    const struct pod_record *pod);

/* Returns whether an edge's subject is a pod with its own network namespace. */
bool far_end_is_pod(const struct edge *edge);

/* Returns whether the flow is evidence: it passes the filters of draft_options and has enough
 * connections. Adds a note if it has too few. */
bool far_end_counts(struct evidence *evidence, const struct far_end *end, int *error);

/*
 * Adds an item that allows the flow. pod is the other end, or NULL if only its address is known. If
 * no rule can allow the flow, adds a note and counts `ok` connections as refused. Returns 0 or
 * -ENOMEM.
 */
int far_end_allow(struct evidence *evidence, const struct far_end *end,
		  const struct pod_record *pod, uint64_t ok);

/* Returns whether flows of a direction need items: the policy or a further policy restricts it. */
bool far_end_is_wanted(const struct evidence *evidence, uint8_t direction);

/* Returns whether the evidence has items of a direction. If there are any, the policy restricts
 * that direction. */
bool far_end_is_restricted(const struct evidence *evidence, uint8_t direction);

#endif
