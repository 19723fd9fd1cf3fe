/* SPDX-License-Identifier: Apache-2.0 */
#include "core/state/edge_reply.h"

/* The first port of the range from which Linux takes client ports (net.ipv4.ip_local_port_range).
 * Servers seldom use ports in it. */
#define FIRST_EPHEMERAL_PORT 32768

bool edge_is_reply(const struct state *state, const struct edge *edge)
{
	bool answers = false;

	if (edge->direction != FLOW_EGRESS || edge->protocol != FLOW_UDP ||
	    edge->port < FIRST_EPHEMERAL_PORT)
		return false;
	const struct edge_list with_peer =
		state_edges_with(state, FLOW_INGRESS, edge->family, &edge->peer);
	for (size_t i = 0; i < with_peer.count; i++) {
		const struct edge *other = edge_list_get(&with_peer, i);
		if (other->subject != edge->subject || other->protocol != FLOW_UDP)
			continue;
		if (other->port == edge->port)
			return false;
		answers |= other->ok_count > 0;
	}
	return answers;
}
