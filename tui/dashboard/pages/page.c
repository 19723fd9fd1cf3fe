/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/pages/page.h"

#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "core/base/timestamp.h"
#include "tui/dashboard/table/cells.h"

/* Policies that are named; the others are counted. */
#define POLICIES_NAMED 4

void page_heading(struct page *page, const char *text)
{
	int row = page->line++ - page->top;

	canvas_print(page->canvas, row, 1, ROLE_STRONG, "%s", text);
}

void page_blank(struct page *page)
{
	page->line++;
}

void page_field(struct page *page, const char *label, enum role role, const char *text)
{
	int row;

	if (!text || !*text)
		return;
	row = page->line - page->top;
	canvas_text(page->canvas, row, PAGE_INDENT, PAGE_LABEL, ROLE_DIM, label);
	page->line = page->top + canvas_wrap(page->canvas, row, PAGE_TEXT, role, text);
}

void page_bytes(struct page *page, const char *label, bool known, uint64_t bytes)
{
	char count[32];
	char text[64];

	if (!known)
		return;
	cell_count(bytes, count, sizeof(count));
	snprintf(text, sizeof(text), "%s bytes", count);
	page_field(page, label, ROLE_TEXT, text);
}

void page_duration(struct page *page, const char *label, bool known, uint64_t ns)
{
	char text[TEXT_NUMBER_SIZE];

	if (!known)
		return;
	text_short_duration(ns, text);
	page_field(page, label, ROLE_TEXT, text);
}

void page_time(struct page *page, const char *label, uint64_t ns)
{
	char text[TIMESTAMP_TEXT_SIZE];

	if (!ns)
		return;
	timestamp_format(ns, text);
	page_field(page, label, ROLE_TEXT, text);
}

/* Writes the judged end, "egress of shop/cart-0", to tell whose policies were judged. */
static void page_write_end(const struct verdict *verdict, char *text, size_t size)
{
	const struct evaluate_flow *flow = &verdict->flow;

	snprintf(text, size, "%s of %s/%s%s",
		 flow->direction == FLOW_INGRESS ? "ingress" : "egress", flow->namespace_name,
		 flow->subject ? flow->subject->name : "?",
		 verdict->far ? ", at the other end" : "");
}

void page_write_policies(const struct evaluate_result *result, char *text, size_t size)
{
	size_t length = 0;

	text[0] = '\0';
	for (size_t i = 0; i < result->selecting_count && length < size; i++) {
		const struct netpol *policy = result->selecting[i];

		if (i == POLICIES_NAMED) {
			snprintf(text + length, size - length, ", and %zu more",
				 result->selecting_count - i);
			return;
		}
		length += (size_t)snprintf(text + length, size - length, "%s%s/%s (%s:%u)",
					   i ? ", " : "", policy->namespace_name, policy->name,
					   policy->file, policy->line);
	}
}

static enum role page_verdict_role(uint8_t verdict)
{
	switch (verdict) {
	case EVALUATE_DENIED:
		return ROLE_DENIED;
	case EVALUATE_ALLOWED:
		return ROLE_GOOD;
	default:
		return ROLE_HANGING;
	}
}

void page_verdict(struct page *page, const struct edge *edge)
{
	struct verdicts *verdicts = page->context->verdicts;
	struct verdict verdict;
	char text[EVALUATE_WHY_SIZE + 8];
	const char *sign;

	if (!verdicts)
		return;
	page_heading(page, "The policies that were loaded");
	if (verdicts_explain(verdicts, edge, &verdict)) {
		page_field(page, "none", ROLE_DIM, "policies speak about pods only");
		page_blank(page);
		return;
	}
	sign = verdict.result.verdict == EVALUATE_DENIED ? page->context->glyphs->denied : "";
	snprintf(text, sizeof(text), "%s%s%s", sign, *sign ? " " : "", verdict.why);
	page_field(page, evaluate_verdict_name((enum evaluate_verdict)verdict.result.verdict),
		   page_verdict_role(verdict.result.verdict), text);
	page_write_end(&verdict, text, sizeof(text));
	page_field(page, "judged", ROLE_TEXT, text);
	page_write_policies(&verdict.result, text, sizeof(text));
	page_field(page, "selected by", ROLE_TEXT, text);
	page_blank(page);
}
