/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/pages/subject_page.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "core/base/timestamp.h"
#include "core/state/conn_words.h"
#include "tui/dashboard/pages/page.h"
#include "tui/dashboard/pages/subject_facts.h"
#include "tui/dashboard/panes/graph.h"
#include "tui/dashboard/table/cells.h"
#include "tui/dashboard/view/list_cursor.h"

#define COLLECT_PAUSE_NS NS_PER_SECOND
#define FAILURES_MAX     20
#define TEXT_SIZE        1024

struct subject_page {
	const struct policy_pane *policy;
	const struct subject *subject;
	uint64_t sequence; /* of a connection of the subject: to find it when it gets its name */
	uint64_t next_ns;  /* monotonic */
	struct subject_facts facts;
	struct list_cursor scroll;
};

int subject_page_new(const struct policy_pane *policy, struct subject_page **out)
{
	struct subject_page *page = calloc(1, sizeof(*page));

	if (!page)
		return -ENOMEM;
	page->policy = policy;
	*out = page;
	return 0;
}

void subject_page_free(struct subject_page *page)
{
	free(page);
}

void subject_page_open(struct subject_page *page, const struct subject *subject, uint64_t sequence)
{
	page->subject = subject;
	page->sequence = sequence;
	page->next_ns = 0;
	page->scroll.top = 0;
}

static void subject_page_update(void *view, struct context *context, int rows)
{
	struct subject_page *page = view;
	const struct conn *conn = state_find(context->state, page->sequence);
	bool first = page->next_ns == 0;

	list_cursor_fit(&page->scroll, page->scroll.count, rows);
	if (conn && page->subject->conn_count == 0)
		page->subject = conn->subject;
	if (!first && (context->paused || context->monotonic_ns < page->next_ns))
		return;
	page->next_ns = context->monotonic_ns + COLLECT_PAUSE_NS;
	subject_facts_collect(&page->facts, context->state, page->subject, context->now_ns);
}

static const char *subject_page_kind_name(const struct subject *subject)
{
	switch ((enum subject_kind)subject->kind) {
	case SUBJECT_POD:
		return "Pod";
	case SUBJECT_CONTAINER:
		return "Container";
	case SUBJECT_PROCESS:
		break;
	}
	return "Program";
}

static int subject_page_title(void *view, const struct context *context,
			      const struct canvas *canvas, bool focused)
{
	const struct subject_page *page = view;
	int column = canvas_print(canvas, 0, 0, ROLE_TITLE_FOCUS, " %s %s ",
				  subject_page_kind_name(page->subject), page->subject->display);

	(void)context;
	(void)focused;
	canvas_place(canvas, column, page->scroll.top, page->scroll.height, page->scroll.count);
	return column;
}

static void subject_page_add_word(char *text, size_t size, const char *separator, const char *word)
{
	size_t length = strlen(text);

	snprintf(text + length, size - length, "%s%s", length ? separator : "", word);
}

static void subject_page_draw_labels(struct page *out, const struct labels *labels)
{
	char text[TEXT_SIZE] = "";

	for (size_t i = 0; i < labels->count; i++) {
		subject_page_add_word(text, sizeof(text), ", ", labels->items[i].key);
		subject_page_add_word(text, sizeof(text), "=", labels->items[i].value);
	}
	page_field(out, "labels", ROLE_TEXT, text);
}

static void subject_page_draw_pod(struct page *out, const struct pod_record *pod)
{
	char text[TEXT_SIZE] = "";

	if (pod->owner_kind && pod->owner_name) {
		snprintf(text, sizeof(text), "%s %s", pod->owner_kind, pod->owner_name);
		page_field(out, "owner", ROLE_TEXT, text);
	}
	subject_page_draw_labels(out, &pod->labels);
	text[0] = '\0';
	for (size_t i = 0; i < pod->ips.count; i++)
		subject_page_add_word(text, sizeof(text), ", ", pod->ips.items[i]);
	if (pod->host_network)
		subject_page_add_word(text, sizeof(text), " ",
				      "(its node's network: policies do not apply)");
	page_field(out, "addresses", ROLE_TEXT, text);
	page_field(out, "phase", pod->deleted ? ROLE_DIM : ROLE_TEXT,
		   pod->deleted ? "deleted" : pod->phase);
}

/* The containers that its processes were seen in. */
static void subject_page_draw_containers(struct page *out, const struct subject_facts *facts)
{
	char text[TEXT_SIZE] = "";

	for (size_t i = 0; i < facts->process_count; i++) {
		bool again = false;

		for (size_t j = 0; j < i && !again; j++)
			again = strcmp(facts->processes[i].container,
				       facts->processes[j].container) == 0;
		if (!again && facts->processes[i].container[0])
			subject_page_add_word(text, sizeof(text), ", ",
					      facts->processes[i].container);
	}
	page_field(out, "containers", ROLE_TEXT, text);
}

static void subject_page_draw_identity(struct page *out, const struct subject_page *page)
{
	const struct subject *subject = page->subject;
	const struct workloads *workloads = state_workloads(out->context->state);
	const struct container_record *container =
		subject->container_id ? workloads_container(workloads, subject->container_id)
				      : NULL;

	page_heading(out, subject_page_kind_name(subject));
	page_field(out, "name", ROLE_STRONG, subject->pod ? subject->pod : subject->display);
	page_field(out, "namespace", ROLE_TEXT, subject->namespace_name);
	if (subject->pod_record)
		subject_page_draw_pod(out, subject->pod_record);
	else if (subject->kind == SUBJECT_POD)
		page_field(out, "labels", ROLE_DIM, "not known: no source of names told of them");
	if (container)
		subject_page_draw_labels(out, &container->labels);
	page_field(out, "container id", ROLE_DIM, subject->container_id);
	subject_page_draw_containers(out, &page->facts);
	page_field(out, "node", ROLE_TEXT, state_node(out->context->state, subject));
	page_blank(out);
}

static void subject_page_draw_minute(struct page *out, const struct subject_page *page)
{
	const struct subject *counts = &page->facts.subject;
	const struct graph *graph = &page->facts.graph;
	char text[256];
	uint64_t most = 0;
	uint64_t sum = 0;
	int room = out->canvas->area.columns - PAGE_TEXT - 1;

	for (unsigned int ago = 0; ago < GRAPH_SECONDS; ago++) {
		uint64_t count = graph_count(graph, out->context->now_ns, ago);

		sum += count;
		most = count > most ? count : most;
	}
	page_heading(out, "The last minute");
	if (room > 0) {
		char signs[GRAPH_SECONDS * 4 + 1];

		graph_draw(graph, out->context->now_ns, out->canvas->glyphs,
			   room < GRAPH_SECONDS ? (unsigned int)room : GRAPH_SECONDS, signs,
			   sizeof(signs));
		page_field(out, "connections", ROLE_GRAPH, signs);
	}
	snprintf(text, sizeof(text), "%" PRIu64 " new, %" PRIu64 " in its busiest second", sum,
		 most);
	page_field(out, "", ROLE_TEXT, text);
	snprintf(text, sizeof(text),
		 "%" PRIu64 " connections, %" PRIu64 " open now, %" PRIu64 " hanging, %" PRIu64
		 " failed",
		 counts->conn_count, counts->open_count, counts->hanging_count,
		 counts->failed_count);
	page_field(out, "in all", ROLE_TEXT, text);
	page_time(out, "first seen", counts->first_ns);
	page_time(out, "last seen", counts->last_ns);
	page_blank(out);
}

static const char *subject_page_meaning(int error)
{
	switch (error) {
	case ECONNREFUSED:
		return "nothing listens there, or a firewall rejects it";
	case ETIMEDOUT:
		return "no answer to any attempt of the kernel";
	case 0:
		return "no answer before the process gave up";
	case EHOSTUNREACH:
	case ENETUNREACH:
		return "there is no way to the address";
	default:
		return "";
	}
}

static void subject_page_draw_failure(struct page *out, const struct subject_edge *row)
{
	const struct edge *edge = &row->shown;
	const struct glyphs *glyphs = out->context->glyphs;
	const char *why = subject_page_meaning(edge->last_error);
	char peer[CELL_SIZE];
	char text[TEXT_SIZE];
	char ago[TEXT_NUMBER_SIZE];

	cell_edge_peer(out->context->state, row->edge, peer);
	if (edge->hanging_count) {
		snprintf(text, sizeof(text),
			 "%s port %u: %" PRIu64 " without an answer now: the address is gone, or "
			 "something on the way drops the packets",
			 peer, edge->port, edge->hanging_count);
		page_field(out, "hanging", ROLE_HANGING, text);
	}
	if (edge->failed_count == 0)
		return;
	text_short_age(out->context->now_ns, edge->error_ns ? edge->error_ns : edge->last_ns, ago);
	snprintf(text, sizeof(text), "%s port %u: %s, %" PRIu64 " of %" PRIu64 ", last %s%s%s%s",
		 peer, edge->port, conn_failure_word(edge->last_error), edge->failed_count,
		 edge->conn_count, ago, strcmp(ago, "now") == 0 ? "" : " ago", *why ? ": " : "",
		 why);
	page_field(out, glyphs->cross, ROLE_FAILED, text);
}

static void subject_page_draw_failures(struct page *out, const struct subject_facts *facts)
{
	size_t failures = 0;

	for (size_t i = 0; i < facts->edge_count; i++) {
		const struct subject_edge *row = &facts->edges[i];

		if (row->shown.failed_count == 0 && row->shown.hanging_count == 0)
			continue;
		if (failures++ == 0)
			page_heading(out, "What failed");
		if (failures <= FAILURES_MAX)
			subject_page_draw_failure(out, row);
	}
	if (failures > FAILURES_MAX)
		page_field(out, "", ROLE_DIM, "and more: see the destinations");
	if (failures)
		page_blank(out);
}

/* Where the columns of the tables stand, from the right edge. */
enum {
	WIDTH_PORT = 10,
	WIDTH_COUNT = 6,
	WIDTH_AGO = 6,
	WIDTH_PEER_MOST = 50,
};

static int subject_page_peer_width(const struct page *out)
{
	int width = out->canvas->area.columns - PAGE_INDENT - 2 - WIDTH_PORT - 2 * WIDTH_COUNT -
		    2 * WIDTH_AGO - 7;

	if (width > WIDTH_PEER_MOST)
		return WIDTH_PEER_MOST;
	return width > 8 ? width : 8;
}

static int subject_page_draw_figure(const struct canvas *canvas, int row, int column, int width,
				    enum role role, const char *text)
{
	canvas_text(canvas, row, column, width, role | CANVAS_RIGHT, text);
	return column + width + 1;
}

static void subject_page_draw_destination(struct page *out, const struct subject_edge *row)
{
	const struct context *context = out->context;
	const struct glyphs *glyphs = context->glyphs;
	const struct edge *edge = &row->shown;
	bool left_out = exclusions_contain(context->exclusions, row->edge);
	bool denied = verdicts_judge(context->verdicts, row->edge) == EVALUATE_DENIED;
	bool ingress = edge->direction == FLOW_INGRESS;
	int line = out->line++ - out->top;
	int width = subject_page_peer_width(out);
	int column = PAGE_INDENT;
	char text[CELL_SIZE];

	if (line < 0 || line >= out->canvas->area.rows)
		return;
	canvas_text(out->canvas, line, column, 1, ingress ? ROLE_INGRESS : ROLE_EGRESS,
		    ingress ? glyphs->ingress : glyphs->egress);
	column += 2;
	cell_edge_peer(context->state, row->edge, text);
	if (left_out)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), " (left out)");
	int used = canvas_text(out->canvas, line, column, denied ? width - 2 : width,
			       (left_out ? ROLE_DIM : ROLE_PEER) | CANVAS_MIDDLE, text);
	if (denied)
		canvas_text(out->canvas, line, column + used + 1, 1, ROLE_DENIED, glyphs->denied);
	column += width + 1;
	snprintf(text, sizeof(text), "%u/%s", edge->port, cell_protocol(edge));
	column = subject_page_draw_figure(out->canvas, line, column, WIDTH_PORT, ROLE_TEXT, text);
	text_short_number(edge->conn_count, text);
	column = subject_page_draw_figure(out->canvas, line, column, WIDTH_COUNT, ROLE_TEXT, text);
	text_short_number(edge->failed_count, text);
	column = subject_page_draw_figure(out->canvas, line, column, WIDTH_COUNT,
					  edge->failed_count ? ROLE_FAILED : ROLE_DIM, text);
	text_short_age(context->now_ns, edge->first_ns, text);
	column = subject_page_draw_figure(out->canvas, line, column, WIDTH_AGO, ROLE_DIM, text);
	text_short_age(context->now_ns, edge->last_ns, text);
	subject_page_draw_figure(out->canvas, line, column, WIDTH_AGO, ROLE_TEXT, text);
}

static void subject_page_draw_destinations(struct page *out, const struct subject_facts *facts)
{
	int column = PAGE_INDENT + 2 + subject_page_peer_width(out) + 1;
	char text[128];
	int line;

	snprintf(text, sizeof(text), "Destinations and callers: %zu", facts->edge_total);
	page_heading(out, text);
	line = out->line++ - out->top;
	canvas_text(out->canvas, line, PAGE_INDENT + 2, 8, ROLE_COLUMN, "PEER");
	column = subject_page_draw_figure(out->canvas, line, column, WIDTH_PORT, ROLE_COLUMN,
					  "PORT");
	column = subject_page_draw_figure(out->canvas, line, column, WIDTH_COUNT, ROLE_COLUMN,
					  "CONN");
	column = subject_page_draw_figure(out->canvas, line, column, WIDTH_COUNT, ROLE_COLUMN,
					  "FAIL");
	column = subject_page_draw_figure(out->canvas, line, column, WIDTH_AGO, ROLE_COLUMN,
					  "FIRST");
	subject_page_draw_figure(out->canvas, line, column, WIDTH_AGO, ROLE_COLUMN, "LAST");
	for (size_t i = 0; i < facts->edge_count; i++)
		subject_page_draw_destination(out, &facts->edges[i]);
	if (facts->edge_total > facts->edge_count) {
		snprintf(text, sizeof(text), "and %zu more that are less busy",
			 facts->edge_total - facts->edge_count);
		page_field(out, "", ROLE_DIM, text);
	}
	page_blank(out);
}

static void subject_page_draw_processes(struct page *out, const struct subject_facts *facts)
{
	char text[256];
	char ago[TEXT_NUMBER_SIZE];

	if (facts->process_count == 0)
		return;
	page_heading(out, "Processes");
	for (size_t i = 0; i < facts->process_count; i++) {
		const struct subject_process *process = &facts->processes[i];
		int length = 0;

		text_short_age(out->context->now_ns, process->last_ns, ago);
		if (process->pid)
			length = snprintf(text, sizeof(text), "pid %" PRIu32 ", ", process->pid);
		snprintf(text + length, sizeof(text) - (size_t)length,
			 "%" PRIu64 " connection%s%s%s, last %s%s", process->conn_count,
			 process->conn_count == 1 ? "" : "s",
			 process->container[0] ? ", container " : "", process->container, ago,
			 strcmp(ago, "now") == 0 ? "" : " ago");
		page_field(out, process->comm[0] ? process->comm : "?", ROLE_TEXT, text);
	}
	if (facts->more_processes)
		page_field(out, "", ROLE_DIM, "and more that were there before them");
	page_blank(out);
}

static void subject_page_draw_selecting(struct page *out, const struct subject *subject,
					uint8_t direction)
{
	struct evaluate_result result;
	char text[TEXT_SIZE];
	const char *label = direction == FLOW_INGRESS ? "ingress" : "egress";

	if (verdicts_selecting(out->context->verdicts, subject, direction, &result)) {
		page_field(out, label, ROLE_DIM, "cannot be told: its labels are not known");
		return;
	}
	page_write_policies(&result, text, sizeof(text));
	page_field(out, label, *text ? ROLE_TEXT : ROLE_DIM,
		   *text ? text : "none selects it: everything is allowed");
}

static void subject_page_draw_policies(struct page *out, const struct subject_page *page)
{
	const struct line_list *lines = policy_pane_lines(page->policy, page->subject);

	if (out->context->verdicts && page->subject->kind == SUBJECT_POD) {
		page_heading(out, "The policies that were loaded");
		subject_page_draw_selecting(out, page->subject, FLOW_INGRESS);
		subject_page_draw_selecting(out, page->subject, FLOW_EGRESS);
		page_blank(out);
	}
	page_heading(out, "The policy that is drafted");
	if (!lines || lines->count == 0)
		page_field(out, "none", ROLE_DIM, "nothing that a policy could allow was seen yet");
	for (size_t i = 0; lines && i < lines->count; i++) {
		enum role role = lines->lines[i][0] == '#' ? ROLE_POLICY_COMMENT : ROLE_TEXT;

		canvas_print(out->canvas, out->line++ - out->top, PAGE_INDENT, role, "%s",
			     lines->lines[i]);
	}
}

static void subject_page_draw(void *view, const struct context *context,
			      const struct canvas *canvas, bool focused)
{
	struct subject_page *page = view;
	struct page out = {.canvas = canvas, .context = context, .top = (int)page->scroll.top};

	(void)focused;
	subject_page_draw_identity(&out, page);
	subject_page_draw_minute(&out, page);
	subject_page_draw_failures(&out, &page->facts);
	subject_page_draw_destinations(&out, &page->facts);
	subject_page_draw_processes(&out, &page->facts);
	subject_page_draw_policies(&out, page);
	page->scroll.count = (size_t)out.line;
}

static bool subject_page_act(void *view, struct context *context, enum action action)
{
	struct subject_page *page = view;

	(void)context;
	return list_cursor_act(&page->scroll, action);
}

const struct view_operations subject_page_operations = {
	.name = "Pod",
	.update = subject_page_update,
	.title = subject_page_title,
	.draw = subject_page_draw,
	.act = subject_page_act,
};
