/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/pages/lookup_rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/buffer.h"
#include "core/base/text.h"
#include "core/record/address.h"

void lookup_rows_clear(struct lookup_rows *rows)
{
	free(rows->items);
	*rows = (struct lookup_rows){0};
}

static int lookup_rows_compare(const void *left, const void *right)
{
	const struct lookup *a = &((const struct lookup_row *)left)->shown;
	const struct lookup *b = &((const struct lookup_row *)right)->shown;
	int order = strcmp(a->subject->display, b->subject->display);

	if (order == 0 && a->subject != b->subject)
		order = a->subject->index < b->subject->index ? -1 : 1;
	return order != 0 ? order : (a->last_ns < b->last_ns) - (a->last_ns > b->last_ns);
}

void lookup_rows_collect(struct lookup_rows *rows, const struct state *state,
			 const struct subject *subject)
{
	const struct lookup_table *table = state_lookups(state);

	rows->count = 0;
	rows->more = 0;
	rows->totals = table->totals;
	for (const struct lookup *lookup = lookup_table_newest(table); lookup;
	     lookup = lookup_table_older(table, lookup)) {
		if (subject && lookup->subject != subject)
			continue;
		struct lookup_row *row =
			rows->count < LOOKUP_ROWS_MAX
				? ARRAY_ADD(rows->items, rows->count, rows->capacity)
				: NULL;
		if (!row) {
			rows->more++;
			continue;
		}
		row->shown = *lookup;
		row->shown.name = NULL;
		snprintf(row->name, sizeof(row->name), "%s", lookup->name);
	}
	if (rows->count > 0)
		qsort(rows->items, rows->count, sizeof(*rows->items), lookup_rows_compare);
}

static void lookup_row_add_times(struct buffer *text, const struct lookup *lookup)
{
	char slowest[TEXT_NUMBER_SIZE];
	char separator = ':';

	if (lookup->failed > 0) {
		buffer_printf(text, "%c %" PRIu64 " failed", separator, lookup->failed);
		separator = ',';
	}
	if (lookup->slow > 0) {
		text_short_duration(lookup->slowest_us * 1000, slowest);
		buffer_printf(text, "%c %" PRIu64 " slow, up to %s", separator, lookup->slow,
			      slowest);
		separator = ',';
	}
	if (lookup->strays > 0)
		buffer_printf(text, "%c %" PRIu64 " stray (no query waited)", separator,
			      lookup->strays);
}

void lookup_row_draw(struct page *page, const struct lookup_row *row)
{
	const struct lookup *lookup = &row->shown;
	CLEANUP_BUFFER struct buffer text = {0};
	char server[ADDRESS_TEXT_SIZE];
	char age[TEXT_NUMBER_SIZE];

	buffer_append_text(&text, row->name[0] ? row->name : "(no name)");
	lookup_row_add_times(&text, lookup);
	text_short_age(context_now(page->context, lookup->subject->node_index), lookup->last_ns,
		       age);
	buffer_printf(&text, ", last %s%s", age, strcmp(age, "now") == 0 ? "" : " ago");
	if (lookup->comm[0])
		buffer_printf(&text, ", by %.*s", FLOW_COMM_SIZE, lookup->comm);
	if (lookup->pid > 0)
		buffer_printf(&text, " (pid %" PRIu32 ")", lookup->pid);
	if (lookup->family != 0) {
		address_format(lookup->family, &lookup->server, server);
		buffer_printf(&text, ", server %s", server);
	}
	page_link_name(page, THING_DNS_NAME, NULL, row->name, row->name);
	const char *word = lookup->word[0] ? lookup->word : lookup->slow > 0 ? "slow" : "stray";
	page_field(page, word, lookup->word[0] ? ROLE_FAILED : ROLE_HANGING, text.data);
}
