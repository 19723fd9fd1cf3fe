/* SPDX-License-Identifier: Apache-2.0 */
/* Allows the cluster's DNS in policies of workloads that sent no query. */
#ifndef POLECAT_CORE_POLICY_DRAFT_CLUSTER_DNS_H
#define POLECAT_CORE_POLICY_DRAFT_CLUSTER_DNS_H

#include "core/policy/draft/evidence.h"

/* Returns whether an item's flow was sent to port 53. The item's own port may differ: a Service
 * maps it. */
bool cluster_dns_is_query(const struct peer_item *item);

/*
 * Appends items that allow the cluster's DNS over UDP and TCP; none if its Service is not known. 0
 * or -ENOMEM.
 */
int cluster_dns_add(struct evidence *evidence);

/*
 * Where the Service is not known, selects the DNS pods by the label that they have in nearly every
 * cluster (k8s-app=kube-dns in kube-system). 0 or -ENOMEM.
 */
int cluster_dns_add_usual(struct evidence *evidence);

#endif
