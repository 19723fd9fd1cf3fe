/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Turns an edge into the items that a policy must allow for it. The address becomes a pod by its
 * labels, the pods behind a Service with the port that they listen on, or one address block. If
 * there is no item, the answer has a reason.
 *
 * Most network plugins judge a packet after kube-proxy, or the plugin in its place, has rewritten a
 * Service's address to that of a pod. So the items select pods by the Service's selector, which
 * covers all its pods and not only the one that answered. Without a selector, each endpoint is an
 * item.
 *
 * Only reads identities. One thread.
 */
#ifndef POLECAT_CORE_POLICY_DRAFT_PEER_H
#define POLECAT_CORE_POLICY_DRAFT_PEER_H

#include "core/policy/draft/peer_item.h"

/*
 * Adds the items that allow the edge with this protocol and port, and sets the answer. With
 * `guessed`, protocol and port are those of DNS' other transport instead of the edge's own. Returns
 * 0 or -ENOMEM.
 */
int peer_resolve(const struct peer_request *request);

/* Fills in a query for the holder of an edge's peer at the time of the edge. The subject's node is
 * unknown in it. */
void peer_query_of_edge(const struct edge *edge, struct holder_query *query);

/* Adds the items of the backends of a Service. Ignores the request's own port. Returns 0 or
 * -ENOMEM. */
int peer_add_service(const struct peer_request *request, const struct service_backends *backends);

#endif
