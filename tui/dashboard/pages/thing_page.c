/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/pages/thing_page.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/base/buffer.h"
#include "core/base/cleanup.h"
#include "core/base/clock.h"
#include "core/record/address.h"
#include "core/state/identity/holder.h"
#include "tui/columns/edge_view.h"
#include "tui/dashboard/pages/page.h"
#include "tui/dashboard/pages/page_edges.h"

/* The largest numbers of endpoints and of DNS names that the page names. */
#define ENDPOINTS_NAMED 20
#define NAMES_NAMED     8

void thing_page_open(struct thing_page *page, const struct thing *thing)
{
	page->thing = *thing;
	page->next_ns = 0;
}

static void thing_page_update(void *view, struct context *context, int rows)
{
	struct thing_page *page = view;
	bool first = page->next_ns == 0;

	(void)rows;
	if (!first && (context->paused || context->monotonic_ns < page->next_ns))
		return;
	page->next_ns = context->monotonic_ns + NS_PER_SECOND;
	thing_facts_collect(&page->facts, context->state, context->policies, context->verdicts,
			    &page->thing);
}

static const char *thing_page_kind_name(const struct thing *thing)
{
	switch ((enum thing_kind)thing->kind) {
	case THING_POD:
		return "Pod";
	case THING_SERVICE:
		return "Service";
	case THING_WORKLOAD:
		return "Workload";
	case THING_NODE:
		return "Node";
	case THING_DNS_NAME:
		return "DNS name";
	case THING_POLICY:
		return "NetworkPolicy";
	default:
		return "Address";
	}
}

/* Writes the name. The name of a workload begins with its kind, which stands before the
 * namespace: "ReplicaSet shop/web-6d4cf56db6". */
static void thing_page_write_name(const struct thing *thing, char text[PAGE_PART_SIZE])
{
	const char *space = thing->kind == THING_WORKLOAD ? strchr(thing->name, ' ') : NULL;

	if (thing->kind == THING_ADDRESS)
		address_format(thing->family, &thing->address, text);
	else
		snprintf(text, PAGE_PART_SIZE, "%.*s%s%s%s",
			 space ? (int)(space + 1 - thing->name) : 0, thing->name,
			 thing->namespace_name ? thing->namespace_name : "",
			 thing->namespace_name ? "/" : "", space ? space + 1 : thing->name);
}

static void thing_page_title(const void *view, const struct context *context, struct canvas *line)
{
	const struct thing_page *page = view;
	char name[PAGE_PART_SIZE];

	(void)context;
	thing_page_write_name(&page->thing, name);
	canvas_add(line, ROLE_TITLE_FOCUS, " %s%s%s ",
		   page->thing.kind == THING_WORKLOAD ? "" : thing_page_kind_name(&page->thing),
		   page->thing.kind == THING_WORKLOAD ? "" : " ", name);
}

/* Writes a list of addresses, each in a line of its own. */
static void thing_page_draw_addresses(struct page *out, const char *label,
				      const struct string_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		struct flow_address address;
		uint8_t family;

		if (address_parse(list->items[i], &family, &address) == 0)
			page_link_address(out, family, &address);
		page_field(out, i == 0 ? label : "", ROLE_TEXT, list->items[i]);
	}
}

static void thing_page_draw_labels(struct page *out, const char *label, const struct labels *labels)
{
	CLEANUP_BUFFER struct buffer text = {0};

	for (size_t i = 0; i < labels->count; i++)
		buffer_printf(&text, "%s%s=%s", i ? ", " : "", labels->items[i].key,
			      labels->items[i].value);
	page_field(out, label, ROLE_TEXT, text.data);
}

static void thing_page_draw_ports(struct page *out, const struct service_record *service)
{
	CLEANUP_BUFFER struct buffer text = {0};

	for (size_t i = 0; i < service->port_count; i++) {
		const struct service_port *port = &service->ports[i];

		buffer_printf(&text, "%s%s %u", i ? ", " : "",
			      port->protocol ? port->protocol : "TCP", port->port);
		if (port->target_port && *port->target_port)
			buffer_printf(&text, " to %s", port->target_port);
		if (port->node_port)
			buffer_printf(&text, " (node port %u)", port->node_port);
	}
	page_field(out, "ports", ROLE_TEXT, text.data);
}

/* Writes an endpoint, with the pod that has its address now. */
static void thing_page_draw_endpoint(struct page *out, const char *label,
				     const struct service_endpoint *endpoint)
{
	const struct workloads *workloads = state_workloads(out->context->state);
	const struct pod_record *pod = NULL;
	struct flow_address address;
	uint8_t family;

	if (address_parse(endpoint->ip, &family, &address) == 0) {
		pod = holder_pod_at_time(workloads, family, &address, UINT64_MAX);
		page_link_address(out, family, &address);
	}
	if (pod)
		page_link_name(out, THING_POD, pod->namespace_name, pod->name, NULL);
	page_print(out, label, ROLE_TEXT, "%s port %u%s%s%s%s", endpoint->ip, endpoint->port,
		   pod ? ", " : "", pod ? pod->namespace_name : "", pod ? "/" : "",
		   pod ? pod->name : "");
}

static void thing_page_draw_service(struct page *out, const struct service_record *service)
{
	if (service->deleted)
		page_field(out, "phase", ROLE_DIM, "deleted");
	page_field(out, "type", ROLE_TEXT, service->type);
	thing_page_draw_addresses(out, "addresses", &service->cluster_ips);
	thing_page_draw_addresses(out, "balancer", &service->lb_ips);
	thing_page_draw_ports(out, service);
	thing_page_draw_labels(out, "selects", &service->selector);
	for (size_t i = 0; i < service->endpoint_count && i < ENDPOINTS_NAMED; i++)
		thing_page_draw_endpoint(out, i == 0 ? "endpoints" : "", &service->endpoints[i]);
	if (service->endpoint_count > ENDPOINTS_NAMED)
		page_print(out, "", ROLE_DIM, "and %zu more",
			   service->endpoint_count - ENDPOINTS_NAMED);
}

static void thing_page_draw_pod(struct page *out, const struct pod_record *pod)
{
	page_field(out, "phase", pod->deleted ? ROLE_DIM : ROLE_TEXT,
		   pod->deleted ? "deleted" : pod->phase);
	thing_page_draw_labels(out, "labels", &pod->labels);
	thing_page_draw_addresses(out, "addresses", &pod->ips);
	page_link_name(out, THING_NODE, NULL, pod->node, NULL);
	page_field(out, "node", ROLE_TEXT, pod->node);
}

static void thing_page_draw_policy(struct page *out, const struct thing *thing)
{
	const struct netpol *policy = thing_facts_policy(out->context->policies, thing);

	if (!policy) {
		page_field(out, "gone", ROLE_DIM,
			   "the policies that are loaded do not have it any more");
		return;
	}
	page_print(out, "read from", ROLE_TEXT, "%s:%u", policy->file, policy->line);
	for (int i = 0; i < NETPOL_DIRECTIONS; i++) {
		const struct netpol_rules *rules = &policy->rules[i];

		page_print(out, i == NETPOL_INGRESS ? "ingress" : "egress",
			   rules->isolates ? ROLE_TEXT : ROLE_DIM,
			   rules->isolates ? "%zu rule%s" : "not limited", rules->count,
			   rules->count == 1 ? "" : "s");
	}
}

/* Writes the DNS names under which processes opened connections to an address. */
static void thing_page_draw_names(struct page *out, const struct thing_facts *facts)
{
	const char *label = "DNS name";
	size_t drawn = 0;

	for (size_t i = 0; i < facts->edge_count && drawn < NAMES_NAMED; i++) {
		const char *names = facts->edges[i].edge->dns;
		bool known = !names;

		for (size_t at = 0; at < i && !known; at++) {
			const char *other = facts->edges[at].edge->dns;
			known = other && strcmp(other, names) == 0;
		}
		if (known)
			continue;
		page_dns_names(out, label, names);
		label = "";
		drawn++;
	}
}

/* Writes the pod, the Service or the node that has the address, as an edge with it names it. */
static void thing_page_draw_holder(struct page *out, const struct thing_facts *facts)
{
	struct edge_view edge;

	if (facts->edge_count == 0)
		return;
	edge_view_open(out->context->state, facts->edges[0].edge, &edge);
	page_link_peer(out, facts->edges[0].edge);
	page_field(out, "of", ROLE_PEER, edge.peer);
}

static void thing_page_draw_identity(struct page *out, const struct thing_page *page)
{
	const struct thing_facts *facts = &page->facts;
	const struct thing *thing = &page->thing;
	char name[PAGE_PART_SIZE];

	thing_page_write_name(thing, name);
	page_heading(out, "%s", thing_page_kind_name(thing));
	page_field(out, "name", ROLE_STRONG, name);
	if (facts->pod)
		thing_page_draw_pod(out, facts->pod);
	if (facts->service)
		thing_page_draw_service(out, facts->service);
	if (facts->node)
		thing_page_draw_addresses(out, "addresses", &facts->node->ips);
	if (thing->kind == THING_POLICY)
		thing_page_draw_policy(out, thing);
	if (thing->kind == THING_ADDRESS) {
		thing_page_draw_holder(out, facts);
		thing_page_draw_names(out, facts);
	}
}

static void thing_page_draw_subjects(struct page *out, const struct thing_page *page)
{
	const struct thing_facts *facts = &page->facts;
	const char *what =
		page->thing.kind == THING_POLICY ? "Pods with connections that it selects"
		: page->thing.kind == THING_NODE ? "Pods and programs with connections on it"
						 : "Pods with connections of it";

	if (page->thing.kind != THING_POLICY && page->thing.kind != THING_NODE &&
	    page->thing.kind != THING_WORKLOAD)
		return;
	page_heading(out, "%s: %zu", what, facts->subject_total);
	for (size_t i = 0; i < facts->subject_count; i++) {
		const struct subject *subject = facts->subjects[i];

		page_link_subject(out, subject, subject->display);
		page_print(out, "", ROLE_TEXT,
			   "%s: %" PRIu64 " connection%s, %" PRIu64 " open now, %" PRIu64
			   " hanging, %" PRIu64 " failed",
			   subject->display, subject->conn_count,
			   subject->conn_count == 1 ? "" : "s", subject->open_count,
			   subject->hanging_count, subject->failed_count);
	}
	if (facts->subject_total > facts->subject_count)
		page_print(out, "", ROLE_DIM, "and %zu more",
			   facts->subject_total - facts->subject_count);
}

static void thing_page_draw_edges(struct page *out, const struct thing_page *page)
{
	const struct thing_facts *facts = &page->facts;

	if (page->thing.kind == THING_POLICY || page->thing.kind == THING_WORKLOAD)
		return;
	page_heading(out, "Connections with it, as their other ends saw them: %zu",
		     facts->edge_total);
	if (facts->edge_total == 0)
		page_field(out, "", ROLE_DIM, "none was seen");
	else
		page_edges(out, facts->edges, facts->edge_count, PAGE_EDGES_BY_SUBJECT);
	if (facts->edge_total > facts->edge_count)
		page_print(out, "", ROLE_DIM, "and %zu more that are less busy",
			   facts->edge_total - facts->edge_count);
}

static void thing_page_draw(void *view, const struct context *context, const struct canvas *canvas)
{
	struct thing_page *page = view;
	struct page out = page_begin(context, canvas, &page->scroll);

	out.self = page->thing;
	thing_page_draw_identity(&out, page);
	thing_page_draw_subjects(&out, page);
	thing_page_draw_edges(&out, page);
	if (page->facts.partial)
		page_field(&out, "", ROLE_HANGING,
			   "There may be more: not everything that is held was examined.");
	page_end(&out, &page->scroll);
}

const struct view_operations thing_page_operations = {
	.hints = KEY_PLACE_LINKS_PAGE,
	.update = thing_page_update,
	.title = thing_page_title,
	.draw = thing_page_draw,
};
