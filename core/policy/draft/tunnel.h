/* SPDX-License-Identifier: Apache-2.0 */
/* Lines for a draft about a mesh's sockets in the pods' network namespaces (Istio's ztunnel). Pure. */
#ifndef POLECAT_CORE_POLICY_DRAFT_TUNNEL_H
#define POLECAT_CORE_POLICY_DRAFT_TUNNEL_H

#include "core/policy/draft/evidence.h"
#include "core/policy/draft/lines.h"

/* Appends a line for connections that processes outside the pods made in their network namespaces, and
 * one for the port of a mesh's tunnel. */
void tunnel_report(const struct evidence *evidence, struct lines *lines);

#endif
