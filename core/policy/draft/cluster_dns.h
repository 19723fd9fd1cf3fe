/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Allows the cluster's DNS in policies whose evidence lacks it. As long as UDP is not watched, the
 * absence of queries says nothing: a policy that restricts egress would cut off name resolution, and
 * one for a DNS server that of its clients.
 */
#ifndef POLECAT_CORE_POLICY_DRAFT_CLUSTER_DNS_H
#define POLECAT_CORE_POLICY_DRAFT_CLUSTER_DNS_H

#include "core/policy/draft/draft.h"
#include "core/policy/draft/evidence.h"

/* Returns whether an item's flow was sent to port 53. The item's own port may differ: a Service
 * maps it. */
bool cluster_dns_is_query(const struct peer_item *item);

/*
 * Appends items for all DNS that the workload may need, by draft_options.dns: queries to the
 * cluster's DNS if its egress is restricted, UDP beside TCP in its ingress, and, if it serves DNS,
 * its clients and the resolvers that it may ask. Adds a line for each kind. Returns 0 or -ENOMEM.
 */
int cluster_dns_complete(struct evidence *evidence, struct lines *lines);

struct cluster_dns_answer {
	bool guessed;      /* no Service is known: the usual places are allowed */
	bool host_network; /* some servers have the addresses of their nodes */
};

/*
 * Appends items that allow queries to the cluster's DNS over UDP and TCP: to its Service, and to the
 * caches on the nodes. Returns 0 or -ENOMEM.
 */
int cluster_dns_add(struct evidence *evidence, struct cluster_dns_answer *out);

#endif
