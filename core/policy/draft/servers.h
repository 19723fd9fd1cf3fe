/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules from the server's end. A client knows only the address that it connected to, which may be a
 * node's with a host port, a node port or a load balancer's. The server's end knows the pod and the
 * port that network plugins use. It is also the only end of a flow if the client's end was lost.
 */
#ifndef POLECAT_CORE_POLICY_DRAFT_SERVERS_H
#define POLECAT_CORE_POLICY_DRAFT_SERVERS_H

#include "core/policy/draft/evidence.h"

/*
 * For a workload with restricted egress: adds items for the servers that accepted connections of
 * its pods and that no item allows yet. Call it after all tuples of the evidence are judged.
 * Returns 0 or -ENOMEM.
 */
int servers_add(struct evidence *evidence);

#endif
