/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Turns an edge into the items that a policy must allow for it. An item selects a pod by its
 * labels, selects the pods behind a Service with the port that they listen on, or is a block of one
 * address. If no item is possible, the answer has the reason.
 *
 * Most network plugins judge a packet after kube-proxy, or the plugin in its place, has rewritten a
 * Service's address to that of a pod. So the items select pods by the Service's selector, which
 * covers all its pods and not only the one that answered. If the Service has no selector, each of
 * its endpoints is an item.
 *
 * Only reads identities. One thread.
 */
#ifndef POLECAT_CORE_POLICY_DRAFT_PEER_H
#define POLECAT_CORE_POLICY_DRAFT_PEER_H

#include "core/policy/draft/peer_item.h"

/* Adds the items that allow the edge with the request's protocol and port, and sets the answer.
 * Protocol and port are the edge's own, or, if `guessed` is true, those of the same DNS server over
 * the other transport. Returns 0 or -ENOMEM. */
int peer_resolve(const struct peer_request *request);

/* Fills in a query for the holder of an edge's peer address at the time of the edge. Sets
 * query->node, the subject's node, to NULL (unknown). */
void peer_query_of_edge(const struct edge *edge, struct holder_query *query);

/* Adds items for the backends of a Service, with the backends' ports instead of request->port.
 * Returns 0 or -ENOMEM. */
int peer_add_service(const struct peer_request *request, const struct service_backends *backends);

#endif
