/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/pages/lookups_page.h"

#include <inttypes.h>

#include "core/base/clock.h"

void lookups_page_open(struct lookups_page *page)
{
	page->next_ns = 0;
	page->scroll = (struct list_cursor){0};
}

static void lookups_page_update(void *view, struct context *context, int rows)
{
	struct lookups_page *page = view;
	bool first = page->next_ns == 0;

	(void)rows;
	if (!first && (context->paused || context->monotonic_ns < page->next_ns))
		return;
	page->next_ns = context->monotonic_ns + NS_PER_SECOND;
	lookup_rows_collect(&page->rows, context->state, NULL);
}

static void lookups_page_title(const void *view, const struct context *context, struct canvas *line)
{
	(void)view;
	(void)context;
	canvas_add(line, ROLE_TITLE_FOCUS,
		   " DNS look-ups that failed or were slow, and stray answers ");
}

static void lookups_page_draw_totals(struct page *out, const struct lookup_totals *totals)
{
	page_heading(out, "All look-ups");
	page_print(out, "answers", ROLE_TEXT,
		   "%" PRIu64 "; %" PRIu64 " truncated, %" PRIu64
		   " of them answered over TCP, %" PRIu64 " malformed",
		   totals->answers, totals->truncated, totals->fallbacks, totals->malformed);
	page_print(out, "stray", totals->strays ? ROLE_FAILED : ROLE_TEXT,
		   "%" PRIu64 " answers that no query waited for: late, repeated or forged",
		   totals->strays);
	page_print(out, "failed", totals->failed ? ROLE_FAILED : ROLE_TEXT, "%" PRIu64,
		   totals->failed);
	page_print(out, "unanswered", totals->unanswered ? ROLE_FAILED : ROLE_TEXT,
		   "%" PRIu64 " within 5 s", totals->unanswered);
	if (totals->dropped > 0)
		page_print(out, "not kept", ROLE_ERROR,
			   "%" PRIu64 " names, which made room for newer ones", totals->dropped);
}

static void lookups_page_draw(void *view, const struct context *context,
			      const struct canvas *canvas)
{
	struct lookups_page *page = view;
	const struct lookup_rows *rows = &page->rows;
	struct page out = page_begin(context, canvas, &page->scroll);

	lookups_page_draw_totals(&out, &rows->totals);
	for (size_t i = 0; i < rows->count; i++) {
		const struct subject *subject = rows->items[i].shown.subject;
		if (i == 0 || rows->items[i - 1].shown.subject != subject) {
			page_link_subject(&out, subject, NULL);
			page_heading(&out, "%s", subject->display);
		}
		lookup_row_draw(&out, &rows->items[i]);
	}
	if (rows->count == 0) {
		page_heading(&out, "None");
		page_field(&out, "", ROLE_DIM,
			   "No look-up failed, none took 200 ms or longer, and no stray answer "
			   "came, since the start.");
	}
	if (rows->more > 0)
		page_print(&out, "", ROLE_DIM, "and %zu older ones", rows->more);
	page_end(&out, &page->scroll);
}

const struct view_operations lookups_page_operations = {
	.hints = KEY_PLACE_LINKS_PAGE,
	.update = lookups_page_update,
	.title = lookups_page_title,
	.draw = lookups_page_draw,
};
