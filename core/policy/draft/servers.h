/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes egress rules from the ingress edges of servers. A client's egress edge has only the address
 * that the client connected to: that of a load balancer, or of a node with a host port or a node
 * port. The server's ingress edge has the pod and the port that network plugins use. It is the only
 * edge of a flow if the events of the client were lost.
 */
#ifndef POLECAT_CORE_POLICY_DRAFT_SERVERS_H
#define POLECAT_CORE_POLICY_DRAFT_SERVERS_H

#include "core/policy/draft/evidence.h"

/*
 * For a workload with restricted egress: adds items for the servers that accepted connections of
 * its pods and that no item allows yet. Call it after evidence_judge. Returns 0 or -ENOMEM.
 */
int servers_add(struct evidence *evidence);

#endif
