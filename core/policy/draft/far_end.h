/* SPDX-License-Identifier: Apache-2.0 */
/* Flows of a workload that were seen only at their other end. The subject at that end has an edge
 * for them. A mirrored edge is a copy of that edge as the workload would see it: the direction is
 * reversed, and the peer is the other end. For clients.c and servers.c. */
#ifndef POLECAT_CORE_POLICY_DRAFT_FAR_END_H
#define POLECAT_CORE_POLICY_DRAFT_FAR_END_H

#include "core/policy/draft/evidence.h"

/* Returns the mirrored edge (see above) of an edge, as an edge of `subject`. peer is an address of
 * the other end, and port is the server's. */
struct edge far_end_mirror(const struct edge *edge, const struct subject *subject,
			   const struct flow_address *peer, uint16_t port);

/* Returns whether an edge's subject is a pod with its own network namespace. */
bool far_end_is_pod(const struct edge *edge);

/* Returns whether a mirrored edge is evidence: it passes the filters of draft_options and has
 * enough connections. Adds a note if it has too few. */
bool far_end_counts(struct evidence *evidence, const struct edge *mirror, int *error);

/*
 * Adds an item that allows a mirrored edge. pod is the other end, or NULL if only its address is
 * known. If no rule can allow the edge, adds a note and counts `ok` connections as refused. Returns
 * 0 or -ENOMEM.
 */
int far_end_allow(struct evidence *evidence, const struct edge *edge, const struct edge *mirror,
		  const struct pod_record *pod, uint64_t ok);

/* Returns whether the evidence has items of a direction. If there are any, the policy restricts
 * that direction. */
bool far_end_is_restricted(const struct evidence *evidence, uint8_t direction);

#endif
