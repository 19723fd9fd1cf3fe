/* SPDX-License-Identifier: Apache-2.0 */
#include "core/state/bundle_table.h"

#include <errno.h>
#include <stdlib.h>

#include "core/base/array.h"
#include "core/state/conn_words.h"

/* The number of bundles that one with an earlier time of its rise is put behind. */
#define LATE_MAX 256

void bundle_table_init(struct bundle_table *table, const struct conn_table *conns)
{
	*table = (struct bundle_table){
		.conns = conns,
		.by_rise = INDEX_LIST_EMPTY,
		.empty = INDEX_LIST_EMPTY,
	};
}

void bundle_table_clear(struct bundle_table *table)
{
	free(table->items);
	*table = (struct bundle_table){0};
}

/* Returns the position of a bundle, whether or not it has connections; 0: none. */
static uint32_t bundle_table_seek(const struct bundle_table *table, const struct edge *edge,
				  uint8_t outcome)
{
	uint32_t at = edge->bundles;

	while (at && table->items[at].outcome != outcome)
		at = table->items[at].next;
	return at;
}

const struct bundle *bundle_table_find(const struct bundle_table *table, const struct edge *edge,
				       uint8_t outcome)
{
	uint32_t at = bundle_table_seek(table, edge, outcome);

	return at && table->items[at].count ? &table->items[at] : NULL;
}

/* Returns the position of an unused bundle; 0: out of memory. */
static uint32_t bundle_table_take(struct bundle_table *table)
{
	uint32_t at = table->free_list;

	if (at) {
		table->free_list = table->items[at].next;
		return at;
	}
	if (ARRAY_RESERVE(table->items, table->capacity, table->count + 2))
		return 0;
	if (table->count == 0)
		table->items[table->count++] = (struct bundle){0};
	return (uint32_t)table->count++;
}

/* Puts a bundle into the list by rise. An attempt may begin to hang before flows that were folded
 * earlier (state_advance). Its bundle rises by its own time, so that the order does not depend on
 * the times at which the caller lets the time pass. */
static void bundle_table_list(struct bundle_table *table, uint32_t at, uint64_t now_ns)
{
	uint32_t older = table->by_rise.newest;

	for (size_t i = 0; i < LATE_MAX && older != HASH_INDEX_NONE; i++) {
		if (table->items[older].risen_ns <= now_ns)
			break;
		older = table->items[older].by_rise.older;
	}
	index_list_insert(&table->by_rise, INDEX_LINKS(table->items, by_rise), at, older);
	table->items[at].risen_ns = now_ns;
	table->items[at].risen = ++table->rises;
}

static uint32_t bundle_table_add(struct bundle_table *table, struct edge *edge, uint8_t outcome,
				 uint64_t now_ns)
{
	uint32_t at = bundle_table_take(table);

	if (!at)
		return 0;
	table->items[at] = (struct bundle){
		.edge = edge,
		.outcome = outcome,
		.next = edge->bundles,
	};
	edge->bundles = at;
	bundle_table_list(table, at, now_ns);
	index_list_append(&table->empty, INDEX_LINKS(table->items, by_end), at);
	table->empty_count++;
	return at;
}

/* Removes an empty bundle. */
static void bundle_table_remove(struct bundle_table *table, uint32_t at)
{
	struct bundle *bundle = &table->items[at];
	uint32_t *link = &bundle->edge->bundles;

	while (*link != at)
		link = &table->items[*link].next;
	*link = bundle->next;
	index_list_remove(&table->by_rise, INDEX_LINKS(table->items, by_rise), at);
	index_list_remove(&table->empty, INDEX_LINKS(table->items, by_end), at);
	table->empty_count--;
	bundle->edge = NULL;
	bundle->next = table->free_list;
	table->free_list = at;
}

static void bundle_table_shrink(struct bundle_table *table)
{
	while (table->empty_count > BUNDLE_EMPTY_MAX && !table->rewound)
		bundle_table_remove(table, table->empty.oldest);
}

void bundle_table_return(struct bundle_table *table)
{
	table->rewound = false;
	bundle_table_shrink(table);
}

static void bundle_table_rise(struct bundle_table *table, uint32_t at, uint64_t now_ns)
{
	if (table->rewound || now_ns < table->items[at].risen_ns + BUNDLE_RISE_NS)
		return;
	index_list_remove(&table->by_rise, INDEX_LINKS(table->items, by_rise), at);
	bundle_table_list(table, at, now_ns);
}

static void bundle_table_join(struct bundle_table *table, uint32_t at, struct conn *conn)
{
	struct bundle *bundle = &table->items[at];
	struct conn *newest = conn_table_get(table->conns, bundle->newest);

	conn->bundle = at;
	conn->bundle_newer = 0;
	conn->bundle_older = bundle->newest;
	if (newest)
		newest->bundle_newer = conn->slot;
	bundle->newest = conn->slot;
	if (bundle->count++ > 0)
		return;
	index_list_remove(&table->empty, INDEX_LINKS(table->items, by_end), at);
	table->empty_count--;
	table->used++;
}

void bundle_table_leave(struct bundle_table *table, struct conn *conn)
{
	uint32_t at = conn->bundle;
	struct conn *newer = conn_table_get(table->conns, conn->bundle_newer);
	struct conn *older = conn_table_get(table->conns, conn->bundle_older);

	if (!at)
		return;
	struct bundle *bundle = &table->items[at];
	if (newer)
		newer->bundle_older = conn->bundle_older;
	else
		bundle->newest = conn->bundle_older;
	if (older)
		older->bundle_newer = conn->bundle_newer;
	conn->bundle = 0;
	conn->bundle_newer = 0;
	conn->bundle_older = 0;
	if (--bundle->count > 0)
		return;
	index_list_append(&table->empty, INDEX_LINKS(table->items, by_end), at);
	table->empty_count++;
	table->used--;
	bundle_table_shrink(table);
}

/* Returns the time at which a connection came into its present state. */
static uint64_t bundle_table_time(const struct conn *conn)
{
	uint64_t hangs_ns = conn->first_ns + CONN_ANSWER_NS;

	return conn->phase == CONN_ATTEMPT && conn->waited && hangs_ns > conn->last_ns
		       ? hangs_ns
		       : conn->last_ns;
}

int bundle_table_update(struct bundle_table *table, struct conn *conn)
{
	uint8_t outcome = conn->flow_count > 0 ? conn_outcome(conn) : 0;

	if (conn->bundle) {
		const struct bundle *bundle = &table->items[conn->bundle];
		if (bundle->edge == conn->edge && bundle->outcome == outcome)
			return 0;
		bundle_table_leave(table, conn);
	}
	if (outcome == 0)
		return 0;
	uint64_t now_ns = bundle_table_time(conn);
	uint32_t at = bundle_table_seek(table, conn->edge, outcome);
	if (at)
		bundle_table_rise(table, at, now_ns);
	else
		at = bundle_table_add(table, conn->edge, outcome, now_ns);
	if (!at)
		return -ENOMEM;
	bundle_table_join(table, at, conn);
	return 0;
}
