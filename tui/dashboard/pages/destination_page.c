/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/pages/destination_page.h"

#include <inttypes.h>

#include "core/record/record_names.h"
#include "tui/columns/conn_view.h"
#include "tui/dashboard/pages/page.h"
#include "tui/dashboard/pages/why.h"
#include "tui/dashboard/table/cells.h"

static void destination_page_take(struct destination_page *page, const struct context *context)
{
	page->shown = *page->edge;
	diagnosis_collect(context->state, page->edge, NULL, &page->facts);
}

void destination_page_open(struct destination_page *page, const struct context *context,
			   const struct edge *edge)
{
	page->edge = edge;
	destination_page_take(page, context);
}

static void destination_page_update(void *view, struct context *context, int rows)
{
	(void)rows;
	if (!context->paused)
		destination_page_take(view, context);
}

static void destination_page_title(const void *view, const struct context *context,
				   struct canvas *line)
{
	const struct destination_page *page = view;
	char peer[CELL_SIZE];
	char port[CELL_SIZE];

	cell_edge_peer(context->state, page->edge, peer);
	cell_port(page->edge, port);
	canvas_add(line, ROLE_TITLE_FOCUS, " %s %s %s port %s ", page->edge->subject->display,
		   cell_arrow(context->glyphs, page->edge->direction), peer, port);
}

static void destination_page_draw_counts(struct page *out, const struct edge *shown)
{
	const char *what = shown->direction == FLOW_EGRESS ? "opened" : "accepted";

	page_print(out, "connections", ROLE_TEXT, "%" PRIu64 " %s, %" PRIu64 " open now",
		   shown->conn_count, what, shown->open_count);
	if (shown->failed_count > 0)
		page_print(out, "failed", ROLE_FAILED, "%" PRIu64, shown->failed_count);
	if (shown->hanging_count > 0)
		page_print(out, "hanging", ROLE_HANGING, "%" PRIu64 " without an answer now",
			   shown->hanging_count);
	page_time(out, "first seen", shown->subject->node_index, shown->first_ns);
	page_time(out, "last seen", shown->subject->node_index, shown->last_ns);
	page_bytes(out, "sent", true, shown->tx_bytes);
	page_bytes(out, "received", true, shown->rx_bytes);
	page_duration(out, "mean latency", shown->latency_count > 0,
		      shown->latency_count > 0 ? shown->latency_sum_us * 1000 / shown->latency_count
					       : 0);
}

static void destination_page_draw(void *view, const struct context *context,
				  const struct canvas *canvas)
{
	struct destination_page *page = view;
	struct page out = page_begin(context, canvas, &page->scroll);
	const struct edge *edge = page->edge;
	char peer[CELL_SIZE];
	char address[CELL_SIZE];

	out.self = (struct thing){.kind = THING_EDGE, .edge = edge};
	page_heading(&out, edge->direction == FLOW_EGRESS ? "Destination" : "Client");
	cell_edge_peer(context->state, edge, peer);
	cell_endpoint(edge->family, &edge->peer, edge->direction == FLOW_EGRESS ? edge->port : 0,
		      address, sizeof(address));
	page_link_peer(&out, edge);
	page_field(&out, "peer", ROLE_PEER, peer);
	page_dns_names(&out, "DNS name", edge->dns);
	page_link_address(&out, edge->family, &edge->peer);
	page_field(&out, "address", ROLE_TEXT, address);
	page_link_subject(&out, edge->subject, NULL);
	page_field(&out, edge->direction == FLOW_EGRESS ? "from" : "to", ROLE_TEXT,
		   edge->subject->display);
	page_field(&out, "process", ROLE_TEXT, edge->comm);
	destination_page_draw_counts(&out, &page->shown);
	why_draw_destination(&out, edge, &page->shown, &page->facts);
	page_verdict(&out, edge);
	page_draft(&out, edge, &page->shown);
	page_end(&out, &page->scroll);
}

static bool destination_page_act(void *view, struct context *context, enum action action)
{
	const struct destination_page *page = view;

	return page_act_on_edge(context, page->edge, action);
}

const struct view_operations destination_page_operations = {
	.hints = KEY_PLACE_DESTINATION_PAGE,
	.update = destination_page_update,
	.title = destination_page_title,
	.draw = destination_page_draw,
	.act = destination_page_act,
};
