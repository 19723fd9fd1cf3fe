/* SPDX-License-Identifier: Apache-2.0 */
#include "core/state/conn_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"

#define SLAB_CONNS    512
#define FIRST_BUCKETS 1024

struct conn_slab {
	struct conn_slab *next;
	struct conn conns[SLAB_CONNS];
};

static uint64_t key_hash(uint32_t node, uint64_t id)
{
	return hash_u64(id ^ ((uint64_t)node << 32));
}

static struct conn **key_bucket(const struct conn_table *table, uint32_t node, uint64_t id)
{
	return &table->buckets[key_hash(node, id) & (table->bucket_count - 1)];
}

/* Sequences are dense: they spread evenly as they are, and neighbours share cache lines. */
static struct conn **sequence_bucket(const struct conn_table *table, uint64_t sequence)
{
	return &table->sequence_buckets[sequence & (table->bucket_count - 1)];
}

int conn_table_init(struct conn_table *table, size_t max)
{
	struct conn **buckets = calloc(FIRST_BUCKETS, sizeof(*buckets));
	struct conn **sequence_buckets = calloc(FIRST_BUCKETS, sizeof(*buckets));

	if (!buckets || !sequence_buckets) {
		free(buckets);
		free(sequence_buckets);
		return -ENOMEM;
	}
	*table = (struct conn_table){
		.buckets = buckets,
		.sequence_buckets = sequence_buckets,
		.bucket_count = FIRST_BUCKETS,
		.max = max,
	};
	return 0;
}

void conn_table_clear(struct conn_table *table)
{
	while (table->slabs) {
		struct conn_slab *slab = table->slabs;
		table->slabs = slab->next;
		free(slab);
	}
	free(table->buckets);
	free(table->sequence_buckets);
	*table = (struct conn_table){0};
}

struct conn *conn_table_find(const struct conn_table *table, const struct conn_key *key)
{
	struct conn *conn = *key_bucket(table, key->node, key->id);

	while (conn && (conn->flow.id != key->id || conn->node != key->node ||
			!(conn->flow.has & FLOW_HAS_ID) != key->id_is_made))
		conn = conn->hash_next;
	return conn;
}

struct conn *conn_table_find_sequence(const struct conn_table *table, uint64_t sequence)
{
	struct conn *conn = *sequence_bucket(table, sequence);

	while (conn && conn->sequence != sequence)
		conn = conn->sequence_next;
	return conn;
}

struct conn *conn_table_victim(const struct conn_table *table)
{
	return table->ended_oldest ? table->ended_oldest : table->oldest;
}

static void buckets_link(struct conn_table *table, struct conn *conn)
{
	struct conn **bucket = key_bucket(table, conn->node, conn->flow.id);

	conn->hash_next = *bucket;
	*bucket = conn;
	bucket = sequence_bucket(table, conn->sequence);
	conn->sequence_next = *bucket;
	*bucket = conn;
}

/* Where memory is refused the chains grow longer instead, which only costs time. */
static void grow_buckets(struct conn_table *table)
{
	size_t count = table->bucket_count * 2;
	struct conn **buckets = calloc(count, sizeof(*buckets));
	struct conn **sequence_buckets = calloc(count, sizeof(*buckets));

	if (!buckets || !sequence_buckets) {
		free(buckets);
		free(sequence_buckets);
		return;
	}
	free(table->buckets);
	free(table->sequence_buckets);
	table->buckets = buckets;
	table->sequence_buckets = sequence_buckets;
	table->bucket_count = count;
	for (struct conn *conn = table->oldest; conn; conn = conn->newer)
		buckets_link(table, conn);
}

static struct conn *take_free(struct conn_table *table)
{
	if (!table->free_list) {
		struct conn_slab *slab = malloc(sizeof(*slab));
		if (!slab)
			return NULL;
		slab->next = table->slabs;
		table->slabs = slab;
		for (size_t i = SLAB_CONNS; i-- > 0;) {
			slab->conns[i].hash_next = table->free_list;
			table->free_list = &slab->conns[i];
		}
	}
	struct conn *conn = table->free_list;
	table->free_list = conn->hash_next;
	return conn;
}

struct conn *conn_table_add(struct conn_table *table, const struct conn_key *key)
{
	struct conn *conn = take_free(table);

	if (!conn)
		return NULL;
	if (table->count >= table->bucket_count)
		grow_buckets(table);
	memset(conn, 0, sizeof(*conn));
	conn->flow.id = key->id;
	conn->flow.has = key->id_is_made ? 0 : FLOW_HAS_ID;
	conn->node = key->node;
	conn->sequence = ++table->last_sequence;
	buckets_link(table, conn);
	conn->older = table->newest;
	if (table->newest)
		table->newest->newer = conn;
	else
		table->oldest = conn;
	table->newest = conn;
	table->count++;
	return conn;
}

static void ended_unlink(struct conn_table *table, struct conn *conn)
{
	if (!conn->ended_listed)
		return;
	*(conn->ended_newer ? &conn->ended_newer->ended_older : &table->ended_newest) =
		conn->ended_older;
	*(conn->ended_older ? &conn->ended_older->ended_newer : &table->ended_oldest) =
		conn->ended_newer;
	conn->ended_newer = NULL;
	conn->ended_older = NULL;
	conn->ended_listed = false;
}

void conn_table_end(struct conn_table *table, struct conn *conn)
{
	if (table->ended_newest == conn)
		return;
	ended_unlink(table, conn);
	conn->ended_older = table->ended_newest;
	if (table->ended_newest)
		table->ended_newest->ended_newer = conn;
	else
		table->ended_oldest = conn;
	table->ended_newest = conn;
	conn->ended_listed = true;
}

static void key_unlink(struct conn_table *table, struct conn *conn)
{
	struct conn **link = key_bucket(table, conn->node, conn->flow.id);

	while (*link != conn)
		link = &(*link)->hash_next;
	*link = conn->hash_next;
}

void conn_table_retire(struct conn_table *table, struct conn *conn)
{
	key_unlink(table, conn);
	/* Sequences never repeat, so neither does this, but for what any hash allows. */
	conn->flow.id = hash_add(conn->flow.id, conn->sequence);
	struct conn **bucket = key_bucket(table, conn->node, conn->flow.id);
	conn->hash_next = *bucket;
	*bucket = conn;
}

void conn_table_remove(struct conn_table *table, struct conn *conn)
{
	struct conn **link = sequence_bucket(table, conn->sequence);

	key_unlink(table, conn);
	while (*link != conn)
		link = &(*link)->sequence_next;
	*link = conn->sequence_next;

	ended_unlink(table, conn);
	*(conn->newer ? &conn->newer->older : &table->newest) = conn->older;
	*(conn->older ? &conn->older->newer : &table->oldest) = conn->newer;
	conn->hash_next = table->free_list;
	table->free_list = conn;
	table->count--;
}
