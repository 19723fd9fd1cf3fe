/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Allows DNS in policies of workloads without observed queries. Without UDP events, missing queries
 * prove nothing. A policy that restricts egress would then cut the workload off from name
 * resolution, and a policy for a DNS server would cut off its clients.
 */
#ifndef POLECAT_CORE_POLICY_DRAFT_CLUSTER_DNS_H
#define POLECAT_CORE_POLICY_DRAFT_CLUSTER_DNS_H

#include "core/policy/draft/draft.h"
#include "core/policy/draft/evidence.h"

/* Returns whether an item's flow was sent to port 53. The item's own port may differ, since a
 * Service may map it. */
bool cluster_dns_is_query(const struct peer_item *item);

/*
 * Appends items for DNS that was not seen but may be needed, depending on draft_options.dns, and
 * one line for each kind of addition:
 *
 * - if the policy restricts egress: the cluster's DNS;
 * - for the clients of a DNS server: the other transport (UDP or TCP);
 * - for a DNS server: its possible clients, and the resolvers that it may query.
 *
 * Returns 0 or -ENOMEM.
 */
int cluster_dns_complete(struct evidence *evidence, struct lines *lines);

/* Appends items that allow queries to the cluster's DNS, and lines about them. Needs no evidence.
 * Returns 0 or -ENOMEM. */
int cluster_dns_add_asked(struct evidence *evidence, struct lines *lines);

/* Returns whether a namespace has pods of the cluster's DNS. */
bool cluster_dns_is_in(const struct evidence *evidence, const char *namespace_name);

struct cluster_dns_answer {
	bool guessed;      /* no DNS Service is known: the usual labels and addresses are allowed */
	bool host_network; /* some DNS pods have the addresses of their nodes */
};

/* Appends items that allow queries over UDP and TCP to the Service of the cluster's DNS and to the
 * caches on the nodes. Returns 0 or -ENOMEM. */
int cluster_dns_add(struct evidence *evidence, struct cluster_dns_answer *out);

#endif
