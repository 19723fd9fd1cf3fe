/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/draft/tunnel.h"

#include <inttypes.h>

/* HBONE, the tunnel of Istio's ambient mode (istio.io, "Application Requirements"). */
#define TUNNEL_PORT 15008

void tunnel_report(const struct evidence *evidence, struct lines *lines)
{
	uint64_t foreign = 0;
	bool tunnel = false;

	for (size_t i = 0; i < evidence->edge_count; i++) {
		const struct edge *edge = evidence->edges[i].edge;
		if (edge->is_foreign)
			foreign += edge->conn_count;
		tunnel |= edge->port == TUNNEL_PORT && edge->protocol == FLOW_TCP;
	}
	if (foreign > 0)
		lines_printf(
			lines,
			"guessed: %" PRIu64
			" connection%s of processes outside these pods, in their network "
			"namespaces (such as a mesh's ztunnel), are the pods' own to a network "
			"plugin",
			foreign, foreign == 1 ? "" : "s");
	if (tunnel)
		lines_printf(lines,
			     "needed: TCP %d is the tunnel of a mesh (HBONE); the applications' "
			     "ports are inside it, where a NetworkPolicy cannot tell them apart",
			     TUNNEL_PORT);
}
