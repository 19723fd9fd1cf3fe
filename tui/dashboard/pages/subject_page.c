/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* strchrnul */
#include "tui/dashboard/pages/subject_page.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "core/base/buffer.h"
#include "core/base/text.h"
#include "core/base/timestamp.h"
#include "core/state/conn_words.h"
#include "core/state/loss.h"
#include "tui/dashboard/pages/page.h"
#include "tui/dashboard/pages/page_edges.h"
#include "tui/dashboard/table/cells.h"

#define COLLECT_PAUSE_NS NS_PER_SECOND
#define FAILURES_MAX     20

void subject_page_open(struct subject_page *page, const struct subject *subject, uint64_t sequence)
{
	page->subject = subject;
	page->sequence = sequence;
	page->next_ns = 0;
}

static void subject_page_update(void *view, struct context *context, int rows)
{
	struct subject_page *page = view;
	const struct conn *conn = state_find(context->state, page->sequence);
	bool first = page->next_ns == 0;

	(void)rows;
	if (conn && page->subject->conn_count == 0)
		page->subject = conn->subject;
	if (!first && (context->paused || context->monotonic_ns < page->next_ns))
		return;
	page->next_ns = context->monotonic_ns + COLLECT_PAUSE_NS;
	subject_facts_collect(&page->facts, context->state, page->subject,
			      context_now(context, page->subject->node_index));
	lookup_rows_collect(&page->lookups, context->state, page->subject);
}

static const char *subject_page_kind_name(const struct subject *subject)
{
	switch ((enum subject_kind)subject->kind) {
	case SUBJECT_POD:
		return "Pod";
	case SUBJECT_CONTAINER:
		return "Container";
	case SUBJECT_UNRESOLVED:
		return "Processes in";
	case SUBJECT_PROCESS:
	case SUBJECT_KIND_COUNT:
		break;
	}
	return "Program";
}

static void subject_page_title(const void *view, const struct context *context, struct canvas *line)
{
	const struct subject_page *page = view;

	(void)context;
	canvas_add(line, ROLE_TITLE_FOCUS, " %s %s ", subject_page_kind_name(page->subject),
		   page->subject->display);
}

static void subject_page_draw_labels(struct page *out, const struct labels *labels)
{
	CLEANUP_BUFFER struct buffer text = {0};

	for (size_t i = 0; i < labels->count; i++)
		buffer_printf(&text, "%s%s=%s", i ? ", " : "", labels->items[i].key,
			      labels->items[i].value);
	page_field(out, "labels", ROLE_TEXT, text.data);
}

static void subject_page_draw_pod(struct page *out, const struct pod_record *pod)
{
	CLEANUP_BUFFER struct buffer addresses = {0};

	if (pod->owner_kind && pod->owner_name) {
		char owner[PAGE_PART_SIZE];

		snprintf(owner, sizeof(owner), "%s %s", pod->owner_kind, pod->owner_name);
		page_link_name(out, THING_WORKLOAD, pod->namespace_name, owner, NULL);
		page_field(out, "owner", ROLE_TEXT, owner);
	}
	subject_page_draw_labels(out, &pod->labels);
	for (size_t i = 0; i < pod->ips.count; i++)
		buffer_printf(&addresses, "%s%s", i ? ", " : "", pod->ips.items[i]);
	if (pod->host_network)
		buffer_printf(&addresses, "%s(its node's network: policies do not apply)",
			      addresses.length ? " " : "");
	page_field(out, "addresses", ROLE_TEXT, addresses.data);
	page_field(out, "phase", pod->deleted ? ROLE_DIM : ROLE_TEXT,
		   pod->deleted ? "deleted" : pod->phase);
}

static bool subject_page_is_listed(const struct subject_facts *facts, size_t process)
{
	const char *container = facts->processes[process].container;

	for (size_t i = 0; i < process; i++) {
		if (strcmp(facts->processes[i].container, container) == 0)
			return true;
	}
	return *container == '\0';
}

/* Lists the containers of the subject's processes. */
static void subject_page_draw_containers(struct page *out, const struct subject_facts *facts)
{
	CLEANUP_BUFFER struct buffer text = {0};

	for (size_t i = 0; i < facts->process_count; i++) {
		if (!subject_page_is_listed(facts, i))
			buffer_printf(&text, "%s%s", text.length ? ", " : "",
				      facts->processes[i].container);
	}
	page_field(out, "containers", ROLE_TEXT, text.data);
}

static void subject_page_draw_identity(struct page *out, const struct subject_page *page)
{
	const struct subject *subject = page->subject;
	const struct workloads *workloads = state_workloads(out->context->state);
	const struct container_record *container =
		subject->container_id ? workloads_container(workloads, subject->container_id)
				      : NULL;

	uint64_t lost = loss_of_subject(&page->facts.subject);

	page_heading(out, "%s", subject_page_kind_name(subject));
	page_field(out, "name", ROLE_STRONG, subject->pod ? subject->pod : subject->display);
	page_field(out, "namespace", ROLE_TEXT, subject->namespace_name);
	if (subject->pod_record)
		subject_page_draw_pod(out, subject->pod_record);
	else if (subject->kind == SUBJECT_POD)
		page_field(out, "labels", ROLE_DIM, "unknown: no source of names reports them");
	if (container)
		subject_page_draw_labels(out, &container->labels);
	page_field(out, "container id", ROLE_DIM, subject->container_id);
	subject_page_draw_containers(out, &page->facts);
	page_link_name(out, THING_NODE, NULL, state_node(out->context->state, subject), NULL);
	page_field(out, "node", ROLE_TEXT, state_node(out->context->state, subject));
	if (lost > 0)
		page_print(out, "lost", ROLE_ERROR,
			   "%" PRIu64 " event%s of %s: connections may be missing here", lost,
			   lost == 1 ? "" : "s",
			   subject->kind == SUBJECT_PROCESS ? "its cgroup" : "its sockets");
}

static void subject_page_draw_minute(struct page *out, const struct subject_page *page)
{
	const struct subject *counts = &page->facts.subject;
	const struct graph *graph = &page->facts.graph;
	int room = out->canvas->area.columns - PAGE_TEXT - 1;
	char signs[GRAPH_TEXT_SIZE];
	uint64_t now_ns = context_now(out->context, counts->node_index);
	uint64_t most = 0;
	uint64_t sum = 0;

	for (unsigned int ago = 0; ago < GRAPH_SECONDS; ago++) {
		uint64_t count = graph_count(graph, now_ns, ago);

		sum += count;
		most = count > most ? count : most;
	}
	page_heading(out, "The last minute");
	if (room > 0) {
		graph_draw(graph, now_ns, out->canvas->glyphs,
			   room < GRAPH_SECONDS ? (unsigned int)room : GRAPH_SECONDS, signs);
		page_field(out, "connections", ROLE_GRAPH, signs);
	}
	page_print(out, "", ROLE_TEXT, "%" PRIu64 " new, %" PRIu64 " in its busiest second", sum,
		   most);
	page_print(out, "in all", ROLE_TEXT,
		   "%" PRIu64 " connections, %" PRIu64 " open now, %" PRIu64 " hanging, %" PRIu64
		   " failed",
		   counts->conn_count, counts->open_count, counts->hanging_count,
		   counts->failed_count);
	page_time(out, "first seen", counts->node_index, counts->first_ns);
	page_time(out, "last seen", counts->node_index, counts->last_ns);
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

/* Writes the time since `then_ns` on the scale of a node: "now", "5s ago". */
static void subject_page_write_ago(const struct page *out, uint32_t node, uint64_t then_ns,
				   char text[32])
{
	char age[TEXT_NUMBER_SIZE];

	text_short_age(context_now(out->context, node), then_ns, age);
	snprintf(text, 32, "%s%s", age, strcmp(age, "now") == 0 ? "" : " ago");
}

static void subject_page_draw_failure(struct page *out, const struct edge_row *row)
{
	const struct edge *edge = &row->shown;
	const char *why = subject_page_meaning(edge->last_error);
	char peer[CELL_SIZE];
	char ago[32];

	cell_edge_peer(out->context->state, row->edge, peer);
	page_link_edge(out, row->edge, peer);
	if (edge->hanging_count)
		page_print(out, "hanging", ROLE_HANGING,
			   "%s port %u: %" PRIu64 " without an answer now: the address is gone, or "
			   "something on the way drops the packets",
			   peer, edge->port, edge->hanging_count);
	if (edge->failed_count == 0)
		return;
	page_link_edge(out, row->edge, peer);
	subject_page_write_ago(out, edge->subject->node_index,
			       edge->error_ns ? edge->error_ns : edge->last_ns, ago);
	page_print(out, out->context->glyphs->cross, ROLE_FAILED,
		   "%s port %u: %s, %" PRIu64 " of %" PRIu64 ", last %s%s%s", peer, edge->port,
		   conn_failure_word(edge->last_error), edge->failed_count, edge->conn_count, ago,
		   *why ? ": " : "", why);
}

static void subject_page_draw_failures(struct page *out, const struct subject_facts *facts)
{
	size_t failures = 0;

	for (size_t i = 0; i < facts->edge_count; i++) {
		const struct edge_row *row = &facts->edges[i];

		if (row->shown.failed_count == 0 && row->shown.hanging_count == 0)
			continue;
		if (failures++ == 0)
			page_heading(out, "What failed");
		if (failures <= FAILURES_MAX)
			subject_page_draw_failure(out, row);
	}
	if (failures > FAILURES_MAX)
		page_field(out, "", ROLE_DIM, "and more: see the destinations");
}

static void subject_page_draw_lookups(struct page *out, const struct lookup_rows *rows)
{
	if (rows->count > 0)
		page_heading(out, "DNS look-ups that failed or were slow");
	for (size_t i = 0; i < rows->count && i < FAILURES_MAX; i++)
		lookup_row_draw(out, &rows->items[i]);
	if (rows->count > FAILURES_MAX)
		page_field(out, "", ROLE_DIM, "and more: D");
}

static void subject_page_draw_destinations(struct page *out, const struct subject_facts *facts)
{
	page_heading(out, "Destinations and callers: %zu", facts->edge_total);
	page_edges(out, facts->edges, facts->edge_count, PAGE_EDGES_BY_PEER);
	if (facts->edge_total > facts->edge_count)
		page_print(out, "", ROLE_DIM, "and %zu more that are less busy",
			   facts->edge_total - facts->edge_count);
}

static void subject_page_draw_processes(struct page *out, const struct subject_facts *facts)
{
	char ago[32];

	if (facts->process_count == 0)
		return;
	page_heading(out, "Processes");
	for (size_t i = 0; i < facts->process_count; i++) {
		const struct subject_process *process = &facts->processes[i];
		CLEANUP_BUFFER struct buffer text = {0};

		subject_page_write_ago(out, facts->subject.node_index, process->last_ns, ago);
		if (process->pid)
			buffer_printf(&text, "pid %" PRIu32 ", ", process->pid);
		buffer_printf(&text, "%" PRIu64 " connection%s%s%s, last %s", process->conn_count,
			      process->conn_count == 1 ? "" : "s",
			      process->container[0] ? ", container " : "", process->container, ago);
		page_field(out, process->comm[0] ? process->comm : "?", ROLE_TEXT, text.data);
	}
	if (facts->more_processes)
		page_field(out, "", ROLE_DIM, "and more that were there before them");
}

static void subject_page_draw_selecting(struct page *out, const struct subject *subject,
					uint8_t direction)
{
	const char *label = direction == FLOW_INGRESS ? "ingress" : "egress";
	struct evaluate_result result;

	if (verdicts_selecting(out->context->verdicts, subject, direction, &result))
		page_field(out, label, ROLE_DIM, "unknown, because its labels are not known");
	else
		page_policies(out, label, &result, "none selects it: everything is allowed");
}

static void subject_page_draw_policies(struct page *out, const struct subject_page *page)
{
	const char *line = policy_pane_text(page->policy, page->subject);

	if (out->context->verdicts && page->subject->kind == SUBJECT_POD) {
		page_heading(out, "The policies that were loaded");
		subject_page_draw_selecting(out, page->subject, FLOW_INGRESS);
		subject_page_draw_selecting(out, page->subject, FLOW_EGRESS);
	}
	page_heading(out, "The policy that is drafted");
	if (!*line)
		page_field(out, "none", ROLE_DIM, "nothing that a policy could allow was seen yet");
	while (*line) {
		const char *end = strchrnul(line, '\n');

		canvas_print(out->canvas, out->line++ - out->top, PAGE_INDENT,
			     *line == '#' ? ROLE_POLICY_COMMENT : ROLE_TEXT, "%.*s",
			     (int)(end - line), line);
		line = end + (*end != '\0');
	}
}

static void subject_page_draw(void *view, const struct context *context,
			      const struct canvas *canvas)
{
	struct subject_page *page = view;
	struct page out = page_begin(context, canvas, &page->scroll);

	out.self = (struct thing){.kind = THING_SUBJECT, .subject = page->subject};
	subject_page_draw_identity(&out, page);
	subject_page_draw_minute(&out, page);
	subject_page_draw_failures(&out, &page->facts);
	subject_page_draw_lookups(&out, &page->lookups);
	subject_page_draw_destinations(&out, &page->facts);
	subject_page_draw_processes(&out, &page->facts);
	subject_page_draw_policies(&out, page);
	page_end(&out, &page->scroll);
}

const struct view_operations subject_page_operations = {
	.hints = KEY_PLACE_SUBJECT_PAGE,
	.update = subject_page_update,
	.title = subject_page_title,
	.draw = subject_page_draw,
};
