/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes ingress rules from the egress edges of clients. The workload's ingress edges may have an
 * address or a port that network plugins do not use. A client of a node port, an external IP or a
 * load balancer has the node's address there, because kube-proxy masquerades the client after
 * policies have judged it. A service mesh's proxy listens on a port that the pod redirects to. The
 * clients' egress edges that lead to the workload, directly or through its Services, have the real
 * address and port.
 */
#ifndef POLECAT_CORE_POLICY_DRAFT_CLIENTS_H
#define POLECAT_CORE_POLICY_DRAFT_CLIENTS_H

#include "core/policy/draft/evidence.h"

/*
 * Adds items for all clients whose connections the workload's ingress edges lack, and notes for
 * ingress flows that come from none of these clients. Adds items only if the policy restricts
 * ingress, or if ingress edges lack the real source or port. Call it after evidence_judge. Returns
 * 0 or -ENOMEM.
 */
int clients_add(struct evidence *evidence);

#endif
