/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Adds lines to a draft about sockets of a mesh (Istio's ztunnel) in the pods' network namespaces.
 */
#ifndef POLECAT_CORE_POLICY_DRAFT_TUNNEL_H
#define POLECAT_CORE_POLICY_DRAFT_TUNNEL_H

#include "core/policy/draft/evidence.h"
#include "core/policy/draft/lines.h"

/* Appends a line if processes outside the pods made connections in the pods' network namespaces,
 * and a line if a flow has the port of a mesh's tunnel (HBONE). */
void tunnel_report(const struct evidence *evidence, struct lines *lines);

#endif
