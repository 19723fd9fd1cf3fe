/* SPDX-License-Identifier: Apache-2.0 */
#include "core/state/conn_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/hash.h"
#include "core/base/memory.h"
#include "core/state/conn_sums.h"

#define FIRST_BUCKETS 1024

/*
 * The eBPF programs of each CPU assign ascending ids. So connections whose ids differ only in the
 * last three bits are added and removed at about the same time. The hash keeps these bits, so the
 * index slots of these connections share a cache line of 8 slots, and the slot of a new key is
 * usually in the CPU cache.
 */
static uint64_t conn_table_key_hash(uint32_t node, uint64_t id)
{
	return (hash_u64((id >> 3) ^ ((uint64_t)node << 40)) & ~(uint64_t)7) | (id & 7);
}

struct conn_key conn_key_of(const struct flow *flow, uint32_t node, uint64_t number)
{
	struct conn_key key = {
		.id = flow->id,
		.node = node,
		.id_is_made = !(flow->has & FLOW_HAS_ID),
	};

	if (key.id_is_made) {
		uint64_t hash = hash_bytes(0, &flow->src, sizeof(flow->src));
		hash = hash_bytes(hash, &flow->dst, sizeof(flow->dst));
		hash = hash_add(hash, (uint64_t)flow->sport << 16 | flow->dport);
		hash = hash_add(hash, (uint64_t)flow->netns << 16 | (uint64_t)flow->protocol << 8 |
					      flow->direction);
		if (!(flow->has & FLOW_HAS_SPORT) && flow->event != FLOW_DATAGRAM)
			hash = hash_add(hash, number);
		key.id = hash;
	}
	return key;
}

/* Sequences are dense, so their low bits fill the buckets evenly, and the buckets of successive
 * sequences share cache lines. */
static uint32_t *conn_table_sequence_bucket(const struct conn_table *table, uint64_t sequence)
{
	return &table->sequence_buckets[sequence & (table->bucket_count - 1)];
}

int conn_table_init(struct conn_table *table, size_t max)
{
	uint32_t *buckets = memory_checked(calloc(FIRST_BUCKETS, sizeof(*buckets)));

	if (!buckets)
		return -ENOMEM;
	*table = (struct conn_table){
		.sequence_buckets = buckets,
		.bucket_count = FIRST_BUCKETS,
		.max = max < UINT32_MAX / 2 ? max : UINT32_MAX / 2,
	};
	return 0;
}

void conn_table_clear(struct conn_table *table)
{
	for (struct conn *conn = table->oldest; conn; conn = conn->newer)
		conn_sums_free(conn);
	for (size_t i = 0; i < table->slab_count; i++)
		free(table->slabs[i]);
	free(table->slabs);
	free(table->sequence_buckets);
	free(table->pending);
	hash_index_clear(&table->by_key);
	*table = (struct conn_table){0};
}

static bool conn_table_key_fits(const struct conn_key *key, const struct conn *conn)
{
	return conn->flow.id == key->id && conn->node == key->node &&
	       !(conn->flow.has & FLOW_HAS_ID) == key->id_is_made;
}

struct conn *conn_table_find(const struct conn_table *table, const struct conn_key *key)
{
	struct hash_cursor cursor;
	uint32_t slot =
		hash_index_first(&table->by_key, conn_table_key_hash(key->node, key->id), &cursor);

	for (; slot != HASH_INDEX_NONE; slot = hash_index_next(&table->by_key, &cursor)) {
		if (conn_table_key_fits(key, conn_table_at(table, slot)))
			return conn_table_at(table, slot);
	}
	return NULL;
}

struct conn *conn_table_find_joined(const struct conn_table *table, const struct flow *flow,
				    uint32_t node)
{
	const struct conn_key key = {.id = flow_joined_id(flow), .node = node};

	return flow->has & FLOW_HAS_SUBFLOW_OF ? conn_table_find(table, &key) : NULL;
}

struct conn *conn_table_find_sequence(const struct conn_table *table, uint64_t sequence)
{
	struct conn *conn = conn_table_get(table, *conn_table_sequence_bucket(table, sequence));

	while (conn && conn->sequence != sequence)
		conn = conn_table_get(table, conn->sequence_next);
	return conn;
}

struct conn *conn_table_victim(const struct conn_table *table)
{
	return table->ended.oldest ? table->ended.oldest : table->oldest;
}

static void conn_table_sequence_link(struct conn_table *table, struct conn *conn)
{
	uint32_t *bucket = conn_table_sequence_bucket(table, conn->sequence);

	conn->sequence_next = *bucket;
	*bucket = conn->slot;
}

/* Doubles the number of buckets. If out of memory, the number stays, and the chains become
 * longer. */
static void conn_table_grow_buckets(struct conn_table *table)
{
	size_t count = table->bucket_count * 2;
	uint32_t *buckets = memory_checked(calloc(count, sizeof(*buckets)));

	if (!buckets)
		return;
	free(table->sequence_buckets);
	table->sequence_buckets = buckets;
	table->bucket_count = count;
	for (struct conn *conn = table->oldest; conn; conn = conn->newer)
		conn_table_sequence_link(table, conn);
}

static int conn_table_add_slab(struct conn_table *table)
{
	if (ARRAY_RESERVE(table->slabs, table->slab_capacity, table->slab_count + 1))
		return -ENOMEM;
	struct conn *slab = large_memory_alloc(1, LARGE_MEMORY_PAGE);
	if (!slab)
		return -ENOMEM;
	for (size_t i = CONN_TABLE_SLAB; i-- > 0;) {
		slab[i].slot = (uint32_t)(table->slab_count * CONN_TABLE_SLAB + i + 1);
		slab[i].older = table->free_list;
		table->free_list = &slab[i];
	}
	table->slabs[table->slab_count++] = slab;
	return 0;
}

struct conn *conn_table_add(struct conn_table *table, const struct conn_key *key)
{
	if (!table->free_list && conn_table_add_slab(table))
		return NULL;
	struct conn *conn = table->free_list;
	uint32_t slot = conn->slot;
	if (hash_index_insert(&table->by_key, conn_table_key_hash(key->node, key->id), slot))
		return NULL;
	table->free_list = conn->older;
	if (table->count >= table->bucket_count)
		conn_table_grow_buckets(table);
	memset(conn, 0, sizeof(*conn));
	conn->slot = slot;
	conn->flow.id = key->id;
	conn->flow.has = key->id_is_made ? 0 : FLOW_HAS_ID;
	conn->node = key->node;
	conn->sequence = ++table->last_sequence;
	conn_table_sequence_link(table, conn);
	conn->older = table->newest;
	if (table->newest)
		table->newest->newer = conn;
	else
		table->oldest = conn;
	table->newest = conn;
	table->count++;
	return conn;
}

static struct conn_chain *conn_table_chain(struct conn_table *table, const struct conn *conn)
{
	return conn->list == CONN_LIST_ENDED ? &table->ended : &table->pending[conn->node];
}

void conn_table_unlist(struct conn_table *table, struct conn *conn)
{
	if (conn->list == CONN_LIST_NONE)
		return;
	struct conn_chain *chain = conn_table_chain(table, conn);
	struct conn *newer = conn_table_get(table, conn->list_newer);
	struct conn *older = conn_table_get(table, conn->list_older);
	if (newer)
		newer->list_older = conn->list_older;
	else
		chain->newest = older;
	if (older)
		older->list_newer = conn->list_newer;
	else
		chain->oldest = newer;
	conn->list_newer = 0;
	conn->list_older = 0;
	conn->list = CONN_LIST_NONE;
}

/* Makes an unlisted connection the newest one of a list. */
static void conn_table_list(struct conn_table *table, struct conn *conn, enum conn_list list)
{
	conn->list = (uint8_t)list;
	struct conn_chain *chain = conn_table_chain(table, conn);
	conn->list_older = chain->newest ? chain->newest->slot : 0;
	if (chain->newest)
		chain->newest->list_newer = conn->slot;
	else
		chain->oldest = conn;
	chain->newest = conn;
}

void conn_table_end(struct conn_table *table, struct conn *conn)
{
	if (table->ended.newest == conn)
		return;
	conn_table_unlist(table, conn);
	conn_table_list(table, conn, CONN_LIST_ENDED);
}

int conn_table_wait(struct conn_table *table, struct conn *conn)
{
	if (conn->list == CONN_LIST_PENDING)
		return 0;
	conn_table_unlist(table, conn);
	if (ARRAY_RESERVE(table->pending, table->pending_capacity, (size_t)conn->node + 1))
		return -ENOMEM;
	while (table->pending_count <= conn->node)
		table->pending[table->pending_count++] = (struct conn_chain){0};
	conn_table_list(table, conn, CONN_LIST_PENDING);
	return 0;
}

/* Gives a connection another id. Returns 0 or -ENOMEM. */
static int conn_table_set_id(struct conn_table *table, struct conn *conn, uint64_t id)
{
	int error =
		hash_index_insert(&table->by_key, conn_table_key_hash(conn->node, id), conn->slot);

	if (error)
		return error;
	hash_index_remove(&table->by_key, conn_table_key_hash(conn->node, conn->flow.id),
			  conn->slot);
	conn->flow.id = id;
	return 0;
}

int conn_table_retire(struct conn_table *table, struct conn *conn)
{
	/* Sequences never repeat, so this id is new unless two hashes collide. */
	return conn_table_set_id(table, conn, hash_add(conn->flow.id, conn->sequence));
}

int conn_table_continue(struct conn_table *table, struct conn *conn, uint64_t id)
{
	int error = conn_table_set_id(table, conn, id);

	if (!error)
		conn->flow.has |= FLOW_HAS_ID;
	return error;
}

void conn_table_remove(struct conn_table *table, struct conn *conn)
{
	uint32_t *link = conn_table_sequence_bucket(table, conn->sequence);

	conn_sums_free(conn);
	while (*link != conn->slot)
		link = &conn_table_at(table, *link)->sequence_next;
	*link = conn->sequence_next;
	hash_index_remove(&table->by_key, conn_table_key_hash(conn->node, conn->flow.id),
			  conn->slot);
	conn_table_unlist(table, conn);
	*(conn->newer ? &conn->newer->older : &table->newest) = conn->older;
	*(conn->older ? &conn->older->newer : &table->oldest) = conn->newer;
	conn->older = table->free_list;
	table->free_list = conn;
	table->count--;
}
