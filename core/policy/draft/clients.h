/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules from the client's end. Some flows reach a workload with an address or a port that network
 * plugins do not see: a client of a node port, an external IP or a load balancer has the node's
 * address (kube-proxy masquerades it after policies have judged its own), and a service mesh's proxy
 * listens on a port to which the pod redirects. The egress edges of all subjects that lead to the
 * workload, directly or through its Services, have both.
 */
#ifndef POLECAT_CORE_POLICY_DRAFT_CLIENTS_H
#define POLECAT_CORE_POLICY_DRAFT_CLIENTS_H

#include "core/policy/draft/evidence.h"

/*
 * For a workload whose ingress is restricted, or has flows whose source or port its own end does not
 * know: adds items for all clients that were seen at their own end only, and notes for flows that
 * none of them explains. Call it after the evidence's other tuples. Returns 0 or -ENOMEM.
 */
int clients_add(struct evidence *evidence);

#endif
