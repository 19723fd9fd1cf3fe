/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/things.h"

#include <string.h>

#include "tui/columns/edge_view.h"
#include "tui/dashboard/visits.h"

/* Returns the subject of a pod, the latest if several pods had the name; NULL: none. */
static const struct subject *things_find_pod(const struct state *state, const char *namespace_name,
					     const char *name)
{
	const struct subject *found = NULL;

	for (size_t i = 0; i < state_subject_count(state); i++) {
		const struct subject *subject = state_subject(state, i);

		if (subject->kind == SUBJECT_POD && subject->pod && subject->conn_count > 0 &&
		    strcmp(subject->pod, name) == 0 && subject->namespace_name &&
		    strcmp(subject->namespace_name, namespace_name) == 0 &&
		    (!found || subject->last_ns > found->last_ns))
			found = subject;
	}
	return found;
}

/* Returns a thing with names. Without memory for the names, its kind is THING_NONE. */
static struct thing things_named(struct dashboard *dashboard, enum thing_kind kind,
				 const char *namespace_name, const char *name)
{
	struct thing thing = {
		.kind = (uint8_t)kind,
		.namespace_name = links_text(&dashboard->links, namespace_name),
		.name = links_text(&dashboard->links, name),
	};

	if (!thing.name || (namespace_name && !thing.namespace_name))
		thing = (struct thing){0};
	return thing;
}

/* Finds what the peer of an edge is. Every other page of polecat names the peer in the same way. */
static struct thing things_of_peer(struct dashboard *dashboard, const struct edge *edge)
{
	const struct state *state = dashboard->context.state;
	struct flow_names names;
	struct edge_view view;
	struct thing thing = {0};

	edge_view_open(state, edge, &view);
	switch (conn_view_names(state, &view.stand_in, &names)) {
	case FLOW_PEER_POD:
		if (names.peer_namespace && names.peer_name)
			thing = things_named(dashboard, THING_POD, names.peer_namespace,
					     names.peer_name);
		break;
	case FLOW_PEER_SERVICE:
		if (names.peer_namespace && names.peer_name)
			thing = things_named(dashboard, THING_SERVICE, names.peer_namespace,
					     names.peer_name);
		break;
	case FLOW_PEER_NODE:
	case FLOW_PEER_HOST:
		if (names.peer_name)
			thing = things_named(dashboard, THING_NODE, NULL, names.peer_name);
		break;
	default:
		break;
	}
	if (thing.kind == THING_NONE)
		thing = (struct thing){
			.kind = THING_ADDRESS, .family = edge->family, .address = edge->peer};
	return thing;
}

void things_open(struct dashboard *dashboard, const struct thing *thing)
{
	struct thing target = *thing;
	struct visit visit = {.page = DASHBOARD_THING};
	const struct subject *subject = NULL;

	if (target.kind == THING_PEER)
		target = things_of_peer(dashboard, target.edge);
	if (target.kind == THING_POD)
		subject = things_find_pod(dashboard->context.state, target.namespace_name,
					  target.name);
	if (target.kind == THING_SUBJECT)
		subject = target.subject;
	if (subject)
		visit = (struct visit){.page = DASHBOARD_SUBJECT, .subject = subject};
	else if (target.kind == THING_EDGE)
		visit = (struct visit){.page = DASHBOARD_DESTINATION, .edge = target.edge};
	else
		visit.thing = target;
	dashboard_visit(dashboard, &visit);
}

bool things_open_selected(struct dashboard *dashboard)
{
	const struct thing *selected = links_selected(&dashboard->links);
	struct thing thing;

	if (dashboard->page == DASHBOARD_PANES)
		return false;
	if (dashboard->links.gone) {
		dashboard->links.gone = false;
		context_note(&dashboard->context, "the selected line is no longer on this page");
		return true;
	}
	if (!selected)
		return false;
	thing = *selected;
	things_open(dashboard, &thing);
	return true;
}
