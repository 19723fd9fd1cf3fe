/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/columns/edge_view.h"

#include <stdio.h>
#include <string.h>

#include "core/filter/filter_keys.h"

static bool edge_view_has_peer(const struct edge *edge)
{
	static const struct flow_address none;

	return memcmp(&edge->peer, &none, sizeof(none)) != 0;
}

static uint64_t edge_view_varying(const struct edge *edge)
{
	uint64_t varying = filter_key_varying_fields();
	enum filter_field peer_side =
		edge->direction == FLOW_INGRESS ? FILTER_FIELD_SOURCE : FILTER_FIELD_DESTINATION;

	if (edge->is_overflow)
		return UINT64_MAX;
	/* Some flows with this peer may lack an address. */
	if (edge_view_has_peer(edge))
		varying &= ~filter_field_bit(peer_side);
	else
		varying |= filter_field_bit(FILTER_FIELD_PEER);
	/* A process without a container is found by its program. */
	if (edge->subject->kind == SUBJECT_PROCESS)
		varying &= ~(filter_field_bit(FILTER_FIELD_COMM) |
			     filter_field_bit(FILTER_FIELD_CONTAINER));
	if (!edge->dns)
		varying &= ~filter_field_bit(FILTER_FIELD_DNS);
	/* Filters compare the port that the server has. */
	if (edge->is_redirected || edge->port == 0)
		varying |= filter_field_bit(FILTER_FIELD_DPORT);
	return varying;
}

static void edge_view_set_flow(const struct edge *edge, struct flow *flow)
{
	*flow = (struct flow){
		.direction = edge->direction,
		.protocol = edge->protocol,
		.family = edge->family,
		.dport = edge->port,
		.has = FLOW_HAS_DPORT,
	};
	if (!edge_view_has_peer(edge))
		return;
	if (edge->direction == FLOW_INGRESS) {
		flow->src = edge->peer;
		flow->has |= FLOW_HAS_SRC;
	} else {
		flow->dst = edge->peer;
		flow->has |= FLOW_HAS_DST;
	}
}

void edge_view_open(const struct state *state, const struct edge *edge, struct edge_view *view)
{
	struct filter_input *input = &view->input;

	view->varying = edge_view_varying(edge);
	view->stand_in = (struct conn){
		.subject = edge->subject,
		/* Only the names of the edge are read. */
		.edge = (struct edge *)(uintptr_t)edge,
		.node = edge->subject->node_index,
		.first_ns = edge->first_ns,
		.last_ns = edge->last_ns,
		.phase = CONN_ATTEMPT,
	};
	edge_view_set_flow(edge, &view->stand_in.flow);
	conn_view_filter_input(state, &view->stand_in, 0, view->peer, input);
	if (view->varying & filter_field_bit(FILTER_FIELD_COMM))
		view->stand_in.flow.comm[0] = '\0';
	else
		snprintf(view->stand_in.flow.comm, sizeof(view->stand_in.flow.comm), "%s",
			 edge->subject->comm);
	if (view->varying & filter_field_bit(FILTER_FIELD_CONTAINER))
		input->container = NULL;
	if (view->varying & filter_field_bit(FILTER_FIELD_DPORT))
		view->stand_in.flow.has &= ~(uint32_t)FLOW_HAS_DPORT;
	/* These values vary in each edge. */
	input->dns = NULL;
	input->state = NULL;
	input->drop = NULL;
	input->has_age = false;
	input->has_rate = false;
	input->has_latency = false;
}
