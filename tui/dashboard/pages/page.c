/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/pages/page.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "core/base/text.h"
#include "core/base/timestamp.h"
#include "tui/dashboard/table/cells.h"

#define TEXT_SIZE 2048

/* The largest number of policies that a page names. The page counts the others. */
#define POLICIES_NAMED 4

void page_heading(struct page *page, const char *format, ...)
{
	char text[TEXT_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	page->line += page->line > 0;
	canvas_print(page->canvas, page->line++ - page->top, 1, ROLE_STRONG, "%s", text);
}

void page_field(struct page *page, const char *label, enum role role, const char *text)
{
	int row = page->line - page->top;

	if (!text || !*text)
		return;
	canvas_text(page->canvas, row, PAGE_INDENT, PAGE_LABEL, ROLE_DIM, label);
	page->line = page->top + canvas_wrap(page->canvas, row, PAGE_TEXT, role, text);
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
	char text[TEXT_SIZE] = "";
	size_t length = 0;

	for (size_t i = 0; i < result->selecting_count && length < sizeof(text); i++) {
		const struct netpol *policy = result->selecting[i];

		if (i == POLICIES_NAMED) {
			snprintf(text + length, sizeof(text) - length, ", and %zu more",
				 result->selecting_count - i);
			break;
		}
		length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%s/%s (%s:%u)",
					   i ? ", " : "", policy->namespace_name, policy->name,
					   policy->file, policy->line);
	}
	page_field(page, label, *text ? ROLE_TEXT : ROLE_DIM, *text ? text : none);
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
	page_print(page, "seen", ROLE_TEXT,
		   "%" PRIu64 " connection%s, %" PRIu64 " failed, %" PRIu64 " open now",
		   shown->conn_count, shown->conn_count == 1 ? "" : "s", shown->failed_count,
		   shown->open_count);
}

bool page_act_on_edge(struct context *context, const struct edge *edge, enum action action)
{
	if (action == ACTION_BRING_BACK)
		exclusions_remove(context->exclusions, edge);
	else if (action != ACTION_LEAVE_OUT)
		return false;
	else if (exclusions_add(context->exclusions, edge))
		context_error(context, "no memory to leave it out");
	return true;
}
