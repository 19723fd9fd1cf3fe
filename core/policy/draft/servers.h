/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules from the server's end. A client knows the address that it dialled, which may be a node's with
 * a host port, a node port or a load balancer's; the server's end knows the pod and the port that
 * network plugins see. Flows whose client's end was lost are known there only.
 */
#ifndef POLECAT_CORE_POLICY_DRAFT_SERVERS_H
#define POLECAT_CORE_POLICY_DRAFT_SERVERS_H

#include "core/policy/draft/evidence.h"

/*
 * For a workload whose egress is restricted: adds items for the servers that were seen to accept its
 * pods and that no item allows yet. Call it after the evidence's other tuples. Returns 0 or -ENOMEM.
 */
int servers_add(struct evidence *evidence);

#endif
