/* SPDX-License-Identifier: Apache-2.0 */
/* Allows the cluster's DNS in policies of workloads that sent no query. */
#ifndef POLECAT_CORE_POLICY_DRAFT_CLUSTER_DNS_H
#define POLECAT_CORE_POLICY_DRAFT_CLUSTER_DNS_H

#include "core/policy/draft/evidence.h"

/* Whether an item's flow went to a resolver: its port is 53 where it went, if not where it ended.
 */
bool cluster_dns_is_query(const struct peer_item *item);

/*
 * Appends what allows the cluster's DNS over UDP and TCP, as far as its Service is known; nothing
 * where it is not. 0 or -ENOMEM.
 */
int cluster_dns_add(struct evidence *evidence);

/*
 * The same by the labels that its pods have in nearly every cluster (k8s-app=kube-dns in
 * kube-system), where the Service is not known. 0 or -ENOMEM.
 */
int cluster_dns_add_usual(struct evidence *evidence);

#endif
