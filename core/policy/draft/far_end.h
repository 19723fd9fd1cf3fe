/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flows of a workload that were seen at their other end only: the edge of another subject, as the
 * workload's own end would have it. For clients.c and servers.c.
 */
#ifndef POLECAT_CORE_POLICY_DRAFT_FAR_END_H
#define POLECAT_CORE_POLICY_DRAFT_FAR_END_H

#include "core/policy/draft/evidence.h"

/* Returns the edge that the end of `subject` would have. peer: an address of the other end; port:
 * that of the server. */
struct edge far_end_mirror(const struct edge *edge, const struct subject *subject,
			   const struct flow_address *peer, uint16_t port);

/* Returns whether an edge's subject is a pod in a network of its own. */
bool far_end_is_pod(const struct edge *edge);

/* Returns whether a mirrored edge is evidence: the filters, and the number of its connections. Adds a
 * note about one with too few. */
bool far_end_counts(struct evidence *evidence, const struct edge *mirror, int *error);

/*
 * Adds an item that allows an edge as mirrored. pod: the other end; NULL: it is only an address. Notes
 * and counts `ok` connections if no rule can be made. Returns 0 or -ENOMEM.
 */
int far_end_allow(struct evidence *evidence, const struct edge *edge, const struct edge *mirror,
		  const struct pod_record *pod, uint64_t ok);

/* Returns whether the evidence has items of a direction, so that the policy restricts it. */
bool far_end_is_restricted(const struct evidence *evidence, uint8_t direction);

#endif
