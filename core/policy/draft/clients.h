/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes ingress rules from the egress edges of clients. The workload's ingress edges may have an
 * address or a port that network plugins do not use. If a client uses a node port, an external IP
 * or a load balancer, the ingress edge has the address of a node instead of the client's:
 * kube-proxy masquerades the client, but policies judge the flow before that. With a service mesh,
 * the ingress edge has the port of the mesh's proxy, to which the pod redirects connections. The
 * clients' egress edges that lead to the workload, directly or through its Services, have the real
 * address and port.
 */
#ifndef POLECAT_CORE_POLICY_DRAFT_CLIENTS_H
#define POLECAT_CORE_POLICY_DRAFT_CLIENTS_H

#include "core/policy/draft/evidence.h"

/*
 * Adds items for clients with connections that the workload's ingress edges lack. Adds notes for
 * ingress flows that come from none of these clients. Adds items only if the policy restricts
 * ingress, or if ingress edges lack the real source or port. Call it after evidence_judge. Returns
 * 0 or -ENOMEM.
 */
int clients_add(struct evidence *evidence);

#endif
