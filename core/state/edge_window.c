/* SPDX-License-Identifier: Apache-2.0 */
#include "core/state/edge_window.h"

#include <stdlib.h>

#include "core/base/array.h"
#include "core/base/hash.h"
#include "core/base/text.h"
#include "core/state/edge_identity.h"

void edge_window_clear(struct edge_window *window)
{
	for (size_t i = 0; i < window->count; i++)
		record_free(&window->items[i].record);
	free(window->items);
	hash_index_clear(&window->index);
	*window = (struct edge_window){0};
}

static const char *edge_window_node(const struct edge_record *edge)
{
	return edge->flow.names ? edge->flow.names->node : NULL;
}

static struct edge_window_item *edge_window_find(const struct edge_window *window,
						 uint64_t identity)
{
	struct hash_cursor cursor;

	for (uint32_t at = hash_index_first(&window->index, identity, &cursor);
	     at != HASH_INDEX_NONE; at = hash_index_next(&window->index, &cursor)) {
		if (window->items[at].identity == identity)
			return &window->items[at];
	}
	return NULL;
}

static struct edge_window_item *edge_window_new(struct edge_window *window, uint64_t identity)
{
	if (window->count >= EDGE_WINDOW_MAX ||
	    ARRAY_RESERVE(window->items, window->capacity, window->count + 1) ||
	    hash_index_insert(&window->index, identity, (uint32_t)window->count))
		return NULL;
	struct edge_window_item *item = &window->items[window->count++];
	*item = (struct edge_window_item){.identity = identity};
	return item;
}

void edge_window_add(struct edge_window *window, const struct edge_record *edge)
{
	uint64_t identity = edge_identity(edge, hash_string(0, edge_window_node(edge)));
	struct edge_window_item *item = edge_window_find(window, identity);
	uint64_t connections = edge->open + edge->hanging;
	/* The cast is safe: the record is only copied. */
	const struct record record = {.kind = RECORD_EDGE,
				      .edge = (struct edge_record *)(uintptr_t)edge};

	if (!item)
		item = edge_window_new(window, identity);
	if (item && item->until_ns > edge->flow.ts_ns)
		return;
	if (item) {
		record_free(&item->record);
		item->until_ns = edge->flow.ts_ns;
	}
	if (connections == 0)
		return;
	if (!item || record_copy_body(&record, &item->record))
		window->dropped += connections;
}

void edge_window_forget_node(struct edge_window *window, const char *node)
{
	for (size_t i = 0; i < window->count; i++) {
		struct record *record = &window->items[i].record;
		if (record->kind == RECORD_EDGE &&
		    text_compare(edge_window_node(record->edge), node) == 0)
			record_free(record);
	}
}

/* Removes the counts of an interval, but keeps the connections that were open at its end. */
static void edge_window_keep_open(struct edge_record *edge)
{
	struct edge_record kept = {
		.flow = edge->flow,
		.connections = edge->open + edge->hanging,
		.succeeded = edge->open,
		.open = edge->open,
		.hanging = edge->hanging,
		.flows = edge->open + edge->hanging,
		.subflow = edge->subflow,
	};

	failure_counts_clear(&edge->failures);
	kept.flow.has &= ~(uint32_t)(FLOW_HAS_TX | FLOW_HAS_RX | FLOW_HAS_RETRANS | FLOW_HAS_COUNT);
	kept.flow.error = 0;
	*edge = kept;
}

bool edge_window_next(struct edge_window *window, struct record *out)
{
	while (window->next < window->count) {
		struct record *record = &window->items[window->next++].record;
		if (record->kind != RECORD_EDGE)
			continue;
		*out = *record;
		record->kind = RECORD_NONE;
		edge_window_keep_open(out->edge);
		return true;
	}
	/* Edges that come later begin again. */
	uint64_t dropped = window->dropped;
	edge_window_clear(window);
	window->dropped = dropped;
	return false;
}

uint64_t edge_window_report_dropped(struct edge_window *window)
{
	uint64_t dropped = window->dropped;

	window->dropped = 0;
	return dropped;
}
