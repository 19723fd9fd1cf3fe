/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/pages/page.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "core/base/timestamp.h"
#include "tui/dashboard/panes/leave_out.h"
#include "tui/dashboard/table/cells.h"

#define TEXT_SIZE 2048

/* The largest number of policies that a page names. The page counts the others. */
#define POLICIES_NAMED 4

struct page page_begin(const struct context *context, const struct canvas *canvas,
		       const struct list_cursor *scroll)
{
	links_begin(context->links);
	return (struct page){.canvas = canvas, .context = context, .top = (int)scroll->top};
}

void page_end(struct page *page, struct list_cursor *scroll)
{
	links_end(page->context->links);
	scroll->count = (size_t)page->line;
}

void page_link(struct page *page, const struct thing *thing, const char *part)
{
	if (thing_is_same(thing, &page->self))
		return;
	page->link = *thing;
	snprintf(page->part, sizeof(page->part), "%s", part ? part : "");
}

void page_link_name(struct page *page, enum thing_kind kind, const char *namespace_name,
		    const char *name, const char *part)
{
	struct links *links = page->context->links;
	const struct thing thing = {
		.kind = (uint8_t)kind,
		.namespace_name = links_text(links, namespace_name),
		.name = links_text(links, name),
	};

	if (thing.name && (thing.namespace_name || !namespace_name))
		page_link(page, &thing, part);
}

void page_link_subject(struct page *page, const struct subject *subject, const char *part)
{
	if (subject)
		page_link(page, &(struct thing){.kind = THING_SUBJECT, .subject = subject}, part);
}

void page_link_edge(struct page *page, const struct edge *edge, const char *part)
{
	if (edge && !edge->is_overflow)
		page_link(page, &(struct thing){.kind = THING_EDGE, .edge = edge}, part);
}

void page_link_peer(struct page *page, const struct edge *edge)
{
	if (!edge->is_overflow)
		page_link(page, &(struct thing){.kind = THING_PEER, .edge = edge}, NULL);
}

void page_link_address(struct page *page, uint8_t family, const struct flow_address *address)
{
	static const struct flow_address none;

	if (memcmp(address, &none, sizeof(none)) != 0)
		page_link(page,
			  &(struct thing){
				  .kind = THING_ADDRESS, .family = family, .address = *address},
			  NULL);
}

/* Returns the canvas of one line of the page. */
static struct canvas page_line(const struct page *page, int line, bool selected)
{
	int row = line - page->top;
	bool visible = row >= 0 && row < page->canvas->area.rows;

	if (visible && selected)
		return canvas_row(page->canvas, row, true);
	return canvas_part(page->canvas, visible ? row : 0, 0, visible, page->canvas->area.columns);
}

/* Registers the link of the next line. Returns whether the link is selected. */
static bool page_register(struct page *page)
{
	return page->link.kind != THING_NONE &&
	       links_add(page->context->links, &page->link, (size_t)page->line);
}

/* Ends the link of the lines before the next one. */
static void page_end_link(struct page *page)
{
	if (page->link.kind != THING_NONE)
		links_set_end(page->context->links, (size_t)page->line);
	page->link = (struct thing){0};
}

struct canvas page_row(struct page *page)
{
	bool selected = page_register(page);
	struct canvas row = page_line(page, page->line++, selected);

	page_end_link(page);
	return row;
}

/* Returns the role of a link's text. Roles that express a state keep their colour. */
static enum role page_link_role(enum role role)
{
	bool plain =
		role == ROLE_TEXT || role == ROLE_DIM || role == ROLE_PEER || role == ROLE_STRONG;

	return plain ? ROLE_LINK : role;
}

/* Writes one line of a text. Marks the part that is a link; if a line break divides it, marks the
 * whole first line. */
static void page_write(const struct page *page, const struct canvas *line, int column,
		       enum role role, const char *text, bool first)
{
	unsigned int link = (unsigned int)page_link_role(role) | CANVAS_LINK;
	const char *part = *page->part ? strstr(text, page->part) : NULL;
	bool whole = page->link.kind != THING_NONE && !part && (first || !*page->part);

	canvas_text(line, 0, column, line->area.columns, whole ? link : role, text);
	if (page->link.kind == THING_NONE || !part)
		return;
	column += canvas_text_width(line->glyphs, text, (size_t)(part - text));
	canvas_text(line, 0, column, line->area.columns, link, page->part);
}

void page_heading(struct page *page, const char *format, ...)
{
	char text[TEXT_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	page->line += page->line > 0;
	bool selected = page_register(page);
	struct canvas line = page_line(page, page->line++, selected);
	page_write(page, &line, 1, ROLE_STRONG, text, true);
	page_end_link(page);
}

void page_field(struct page *page, const char *label, enum role role, const char *text)
{
	const struct glyphs *glyphs = page->canvas->glyphs;
	int width = page->canvas->area.columns - PAGE_TEXT;
	char part[TEXT_SIZE];
	bool selected;

	if (!text || !*text) {
		page->link = (struct thing){0};
		return;
	}
	selected = page_register(page);
	for (bool first = true; *text; first = false) {
		struct canvas line = page_line(page, page->line++, selected);
		size_t length = canvas_line_length(glyphs, text, width > 0 ? width : 1);

		canvas_text(&line, 0, PAGE_INDENT, PAGE_LABEL, ROLE_DIM, first ? label : "");
		snprintf(part, sizeof(part), "%.*s", (int)length, text);
		page_write(page, &line, PAGE_TEXT, role, part, first);
		text += length;
		text += *text == ' ';
	}
	page_end_link(page);
}

void page_print(struct page *page, const char *label, enum role role, const char *format, ...)
{
	char text[TEXT_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	page_field(page, label, role, text);
}

void page_bytes(struct page *page, const char *label, bool known, uint64_t bytes)
{
	char count[CELL_COUNT_SIZE];

	cell_count(bytes, count);
	if (known)
		page_print(page, label, ROLE_TEXT, "%s byte%s", count, bytes == 1 ? "" : "s");
}

void page_duration(struct page *page, const char *label, bool known, uint64_t ns)
{
	char text[TEXT_NUMBER_SIZE];

	text_short_duration(ns, text);
	page_field(page, label, ROLE_TEXT, known ? text : NULL);
}

void page_time(struct page *page, const char *label, uint32_t node, uint64_t ns)
{
	char text[TIMESTAMP_TEXT_SIZE];

	timestamp_format(clocks_wall(state_clocks(page->context->state), node, ns), text);
	page_field(page, label, ROLE_TEXT, ns ? text : NULL);
}

void page_policies(struct page *page, const char *label, const struct evaluate_result *result,
		   const char *none)
{
	for (size_t i = 0; i < result->selecting_count && i < POLICIES_NAMED; i++) {
		const struct netpol *policy = result->selecting[i];

		page_link_name(page, THING_POLICY, policy->namespace_name, policy->name, NULL);
		page_print(page, i == 0 ? label : "", ROLE_TEXT, "%s/%s (%s:%u)",
			   policy->namespace_name, policy->name, policy->file, policy->line);
	}
	if (result->selecting_count > POLICIES_NAMED)
		page_print(page, "", ROLE_TEXT, "and %zu more",
			   result->selecting_count - POLICIES_NAMED);
	if (result->selecting_count == 0)
		page_field(page, label, ROLE_DIM, none);
}

void page_dns_names(struct page *page, const char *label, const char *names)
{
	static const char separator[] = ", ";
	char name[PAGE_PART_SIZE];

	while (names && *names) {
		const char *end = strstr(names, separator);
		size_t length = end ? (size_t)(end - names) : strlen(names);

		snprintf(name, sizeof(name), "%.*s", (int)length, names);
		page_link_name(page, THING_DNS_NAME, NULL, name, NULL);
		page_field(page, label, ROLE_PEER, name);
		names += length + (end ? strlen(separator) : 0);
		label = "";
	}
}

void page_verdict(struct page *page, const struct edge *edge)
{
	static const enum role roles[] = {
		[EVALUATE_ALLOWED] = ROLE_GOOD,
		[EVALUATE_DEPENDS] = ROLE_HANGING,
		[EVALUATE_UNKNOWN] = ROLE_HANGING,
		[EVALUATE_DENIED] = ROLE_DENIED,
	};
	const struct evaluate_flow *flow;
	struct verdict verdict;
	bool denied;

	if (!page->context->verdicts)
		return;
	page_heading(page, "The policies that were loaded");
	if (verdicts_explain(page->context->verdicts, edge, &verdict)) {
		page_field(page, "none", ROLE_DIM, "policies apply to pods only");
		return;
	}
	denied = verdict.result.verdict == EVALUATE_DENIED;
	page_print(page, evaluate_verdict_name((enum evaluate_verdict)verdict.result.verdict),
		   roles[verdict.result.verdict], "%s%s%s",
		   denied ? page->context->glyphs->denied : "", denied ? " " : "", verdict.why);
	/* Name the judged end: the policies of its pod decided the verdict. */
	flow = &verdict.flow;
	page_print(page, "judged", ROLE_TEXT, "%s of %s/%s%s",
		   flow->direction == FLOW_INGRESS ? "ingress" : "egress", flow->namespace_name,
		   flow->subject ? flow->subject->name : "?",
		   verdict.far ? ", at the other end" : "");
	page_policies(page, "selected by", &verdict.result, NULL);
}

void page_draft(struct page *page, const struct edge *edge, const struct edge *shown)
{
	page_heading(page, "In the draft");
	if (edge->is_overflow)
		page_field(page, "no", ROLE_FAILED,
			   "the destination was not kept: there are too many of them");
	else if (exclusions_contain(page->context->exclusions, edge))
		page_field(page, "left out", ROLE_FILTER,
			   "this destination is left out of the policy: X brings it back");
	else if (shown->ok_count == 0)
		page_field(page, "no", ROLE_FAILED,
			   "nothing to this destination has succeeded yet");
	else
		page_field(page, "yes", ROLE_GOOD,
			   "the policy allows this destination: x leaves it out");
	if (edge->is_overflow)
		return;
	page_link_edge(page, edge, NULL);
	page_print(page, "seen", ROLE_TEXT,
		   "%" PRIu64 " connection%s, %" PRIu64 " failed, %" PRIu64 " open now",
		   shown->conn_count, shown->conn_count == 1 ? "" : "s", shown->failed_count,
		   shown->open_count);
}

bool page_act_on_edge(struct context *context, const struct edge *edge, enum action action)
{
	if (action == ACTION_BRING_BACK)
		leave_out_end(context, edge);
	else if (action == ACTION_LEAVE_OUT)
		leave_out_edge(context, edge);
	else
		return false;
	return true;
}
