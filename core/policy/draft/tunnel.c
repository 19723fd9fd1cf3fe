/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/draft/tunnel.h"

#include <inttypes.h>
#include <string.h>

#include "core/state/identity/holder.h"

/* HBONE, the tunnel of Istio's ambient mode (istio.io, "Application Requirements"). */
#define TUNNEL_PORT 15008

/* Returns the pod that has the local address of an edge, or NULL if that pod is unknown or is the
 * subject. If a pod is returned, the subject may have made the connections in that pod's network
 * namespace. Network plugins then apply that pod's policies. */
static const struct pod_record *tunnel_find_stranger(const struct evidence *evidence,
						     const struct evidence_edge *at)
{
	const struct peer_subject *own = &evidence->subjects[at->subject];
	const struct edge *edge = at->edge;
	const struct subject *subject = edge->subject;

	if (edge->is_foreign || !subject->pod)
		return NULL;
	/* The usual case: while the subject's pod holds the address, no other pod is its holder. */
	if (own->pod && workloads_holds_addresses(own->pod) &&
	    peer_is_own(own, edge->family, &edge->local))
		return NULL;
	const struct pod_record *pod = holder_pod_at_time(evidence->peers.workloads, edge->family,
							  &edge->local, edge->last_ns);
	if (!pod || (strcmp(pod->name, subject->pod) == 0 &&
		     strcmp(pod->namespace_name, subject->namespace_name) == 0))
		return NULL;
	return pod;
}

void tunnel_report(const struct evidence *evidence, struct lines *lines)
{
	const struct pod_record *stranger = NULL;
	uint64_t foreign = 0;
	uint64_t doubtful = 0;
	bool tunnel = false;

	for (size_t i = 0; i < evidence->edge_count; i++) {
		const struct edge *edge = evidence->edges[i].edge;
		if (edge->is_foreign)
			foreign += edge->conn_count;
		const struct pod_record *other =
			tunnel_find_stranger(evidence, &evidence->edges[i]);
		if (other) {
			stranger = stranger ? stranger : other;
			doubtful += edge->conn_count;
		}
		tunnel |= edge->port == TUNNEL_PORT && edge->protocol == FLOW_TCP;
	}
	if (foreign > 0)
		lines_printf(lines,
			     "guessed: %" PRIu64
			     " connection%s of processes outside these pods, in their network "
			     "namespaces (such as a mesh's ztunnel): network plugins judge them as "
			     "connections of these pods",
			     foreign, foreign == 1 ? "" : "s");
	const char *name = stranger ? peer_describe(evidence->peers.arena, "pod",
						    stranger->namespace_name, stranger->name)
				    : NULL;
	if (name)
		lines_printf(lines,
			     "guessed: %" PRIu64
			     " connection%s with the address of another pod, %s: the network "
			     "namespaces are not known; a mesh's ztunnel makes such connections, "
			     "and network plugins judge them as connections of that pod",
			     doubtful, doubtful == 1 ? "" : "s", name);
	if (tunnel)
		lines_printf(lines,
			     "needed: TCP %d is the tunnel of a mesh (HBONE); the applications' "
			     "ports are inside it, where a NetworkPolicy cannot tell them apart",
			     TUNNEL_PORT);
}
