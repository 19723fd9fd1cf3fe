/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules from the client's end. Some flows reach a workload with an address or a port that network
 * plugins do not use. A client of a node port, an external IP or a load balancer has the node's
 * address, because kube-proxy masquerades the client after policies have judged it. A service
 * mesh's proxy listens on a port that the pod redirects to. The egress edges of all subjects to the
 * workload, directly or through its Services, have the real address and port.
 */
#ifndef POLECAT_CORE_POLICY_DRAFT_CLIENTS_H
#define POLECAT_CORE_POLICY_DRAFT_CLIENTS_H

#include "core/policy/draft/evidence.h"

/*
 * Adds items for all clients that were seen only at their own end, and notes for flows that none of
 * these clients explains. Adds items only if the workload's ingress is restricted, or if the
 * workload's end does not know the source or the port of some flows. Call it after all tuples of
 * the evidence are judged. Returns 0 or -ENOMEM.
 */
int clients_add(struct evidence *evidence);

#endif
