/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/session/session_nodes.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/clock.h"
#include "tui/session/session_internal.h"

/* The rate of a node is that of the last whole period. */
#define PERIOD_NS (2 * NS_PER_SECOND)

uint64_t session_arrival_ns(const struct session *session)
{
	return wall_clock_convert(session->clock.boot_to_unix_ns,
				  wall_clock_boot_ns(&session->clock));
}

/* Returns the figures of a node, by its number in the state. Returns NULL if out of memory. */
static struct session_node_figures *session_node_figures(struct session *session, uint32_t number)
{
	struct session_nodes *nodes = &session->nodes;

	if (number >= nodes->count) {
		if (ARRAY_RESERVE(nodes->items, nodes->capacity, (size_t)number + 1))
			return NULL;
		while (nodes->count <= number)
			nodes->items[nodes->count++] = (struct session_node_figures){0};
	}
	return &nodes->items[number];
}

/* Counts a flow at a time of the scale on which the node's rate is computed. */
static void session_node_count_flow(struct session_node_figures *node, uint64_t now_ns)
{
	if (now_ns - node->period_ns >= PERIOD_NS) {
		bool next = now_ns - node->period_ns < 2 * PERIOD_NS;
		node->period_flows = next ? node->flows - node->period_start : 0;
		node->period_start = node->flows;
		node->period_ns = next ? node->period_ns + PERIOD_NS : now_ns;
	}
	node->flows++;
}

void session_nodes_saw_flow(struct session *session, const struct conn *conn, uint64_t unix_ns)
{
	struct session_node_figures *node = session_node_figures(session, conn->node);
	const struct clocks *clocks = state_clocks(session->state);
	uint64_t node_ns = clocks_steady(clocks, conn->node, unix_ns);

	if (!node)
		return;
	if (session->replay) {
		uint64_t now_ns = clocks_common(clocks, conn->node, node_ns);
		if (now_ns > node->last_ns)
			node->last_ns = now_ns;
		session_node_count_flow(node, node->last_ns);
		return;
	}
	node->last_ns = session->arrival_ns;
	session_node_count_flow(node, session->arrival_ns);
	/* This machine's kernel has this machine's clock. */
	if (session->kernel || !unix_ns)
		return;
	if (clock_lead_add(&node->lead, node_ns, session->arrival_ns))
		state_set_ahead(session->state, conn->node, node->lead.reported_ns);
}

void session_nodes_saw_hello(struct session *session, struct session_source *source,
			     const struct hello_record *hello)
{
	if (!hello->node)
		return;
	struct session_node_figures *node =
		session_node_figures(session, state_node_number(session->state, hello->node));
	if (!node)
		return;
	node->named = true;
	node->last_ns = session->replay ? node->last_ns : session->arrival_ns;
	if (source_carrier(source->source) && source->node &&
	    strcmp(source->node, hello->node) == 0) {
		node->source = source->source;
		source->greeted = true;
	}
}

void session_nodes_saw_loss(struct session *session, const struct session_source *source,
			    const struct lost_record *lost)
{
	const char *name = lost->node ? lost->node : source->node;
	/* The losses of this machine's own queues are in the header. */
	struct session_node_figures *node =
		name || session->kernel
			? session_node_figures(session, state_node_number(session->state, name))
			: NULL;

	if (node)
		node->lost += lost->count;
}

/* Returns whether a node has a row: it was named, or a flow came from it. */
static bool session_node_is_known(const struct session_node_figures *node)
{
	return node->named || node->flows > 0;
}

/* Returns whether a stream has a row of its own, because no hello came from it. */
static bool session_node_is_missing(const struct session_source *source)
{
	return source_carrier(source->source) && !source->greeted;
}

static void session_node_fill(const struct session *session, uint32_t number,
			      struct session_node *out)
{
	const struct session_node_figures *node = &session->nodes.items[number];
	uint64_t now_ns = session->replay ? state_counters(session->state)->last_ns
					  : session_arrival_ns(session);
	uint64_t idle_ns = now_ns > node->last_ns ? now_ns - node->last_ns : 0;

	*out = (struct session_node){
		.name = state_node_name(session->state, number),
		.source = node->source,
		.flows = node->flows,
		.lost = node->lost,
		.heard = node->last_ns > 0,
		.idle_ns = idle_ns,
		.measured = node->lead.known,
		.ahead_ns = clocks_ahead(state_clocks(session->state), number),
	};
	uint64_t passed_ns = now_ns > node->period_ns ? now_ns - node->period_ns : 0;
	if (passed_ns < PERIOD_NS)
		out->rate = (double)node->period_flows * NS_PER_SECOND / PERIOD_NS;
	else if (passed_ns < 2 * PERIOD_NS)
		out->rate = (double)(node->flows - node->period_start) * NS_PER_SECOND / PERIOD_NS;
}

size_t session_list_nodes(const struct session *session, struct session_node *out, size_t max)
{
	size_t count = 0;

	for (size_t i = 0; i < session->nodes.count; i++) {
		if (!session_node_is_known(&session->nodes.items[i]))
			continue;
		if (count < max)
			session_node_fill(session, (uint32_t)i, &out[count]);
		count++;
	}
	for (size_t i = 0; i < session->source_count; i++) {
		if (!session_node_is_missing(&session->sources[i]))
			continue;
		if (count < max)
			out[count] = (struct session_node){.name = session->sources[i].node,
							   .source = session->sources[i].source};
		count++;
	}
	return count;
}
