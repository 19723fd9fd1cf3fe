/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/panes/leave_out.h"

#include "tui/dashboard/table/cells.h"

void leave_out_edge(struct context *context, const struct edge *edge)
{
	char peer[CELL_SIZE];

	cell_edge_peer(context->state, edge, peer);
	if (exclusions_add(context->exclusions, edge))
		context_error(context, "no memory to leave %s out", peer);
	else
		context_note(context, "%s port %u is left out of the draft: X brings it back", peer,
			     edge->port);
}

void leave_out_end(struct context *context, const struct edge *edge)
{
	bool was_out = exclusions_remove(context->exclusions, edge);
	char peer[CELL_SIZE];

	cell_edge_peer(context->state, edge, peer);
	context_note(context, "%s port %u %s", peer, edge->port,
		     was_out ? "is in the draft again" : "was not left out");
}

void leave_out_end_last(struct context *context, const struct subject *subject)
{
	const struct edge *edge = subject ? exclusions_last(context->exclusions, subject) : NULL;

	if (edge)
		leave_out_end(context, edge);
	else
		context_note(context, "nothing is left out of this draft");
}
