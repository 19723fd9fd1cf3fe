/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bounded table of connections. It finds connections by key (node, id) and by sequence, and
 * lists them in order of arrival.
 *
 * Connections are in slabs that are freed only with the table, so a pointer to a connection stays
 * readable. The memory of removed connections is reused. An open hash index finds connections by
 * key. For a new key, it seldom reads a connection, which would be slow: connections are seldom in
 * the CPU cache. A chained hash table finds connections by sequence. The buckets of successive
 * sequences share cache lines. Both tables double as they fill, and add 20 to 40 bytes per
 * connection. Lists link the connections: in order of arrival, in order of their end (for
 * eviction), the pending attempts of each node in order of arrival, and the free ones.
 *
 * Invariants: each connection is in both tables and in the list by arrival, in which sequences
 * increase. The member `list` of a connection says whether it is in the list of ended ones, in the
 * list of pending attempts of its node, or in neither.
 */
#ifndef POLECAT_CORE_STATE_CONN_TABLE_H
#define POLECAT_CORE_STATE_CONN_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/hash_index.h"
#include "core/base/large_memory.h"
#include "core/state/conn.h"

/* A slab is a huge page, which holds about 5,000 connections. */
#define CONN_TABLE_SLAB (LARGE_MEMORY_PAGE / sizeof(struct conn))

/* A list of connections that list_newer and list_older link. */
struct conn_chain {
	struct conn *newest;
	struct conn *oldest;
};

struct conn_table {
	struct hash_index by_key;
	uint32_t *sequence_buckets; /* slots */
	size_t bucket_count;        /* a power of two */
	size_t count;
	size_t max;
	uint64_t last_sequence;
	struct conn *newest;
	struct conn *oldest;
	struct conn_chain ended;
	struct conn_chain *pending; /* by number of the node */
	size_t pending_count;
	size_t pending_capacity;
	struct conn *free_list; /* linked by `older` */
	struct conn **slabs;
	size_t slab_count;
	size_t slab_capacity;
};

/* Identifies a connection by the number of its node and the id from its source. A flow without an
 * id gets an id made of its addresses. id_is_made separates such ids from the ids of sources. */
struct conn_key {
	uint64_t id;
	uint32_t node;
	bool id_is_made;
};

/*
 * Returns the key of a flow. `node` is the number of the flow's node. A flow without an id is
 * identified by its addresses and ports. If the opener's port is unknown, too, each flow is a
 * connection of its own, so `number` must differ for each flow. Datagrams are an exception: those
 * with the same addresses belong together.
 */
struct conn_key conn_key_of(const struct flow *flow, uint32_t node, uint64_t number);

/* Initialises the table for `max` connections, at least 1. Returns 0 or -ENOMEM. */
int conn_table_init(struct conn_table *table, size_t max);
void conn_table_clear(struct conn_table *table);

/* Returns the connection of a slot (conn->slot), which must not be 0. */
static inline struct conn *conn_table_at(const struct conn_table *table, uint32_t slot)
{
	return &table->slabs[(slot - 1) / CONN_TABLE_SLAB][(slot - 1) % CONN_TABLE_SLAB];
}

/* Returns the connection of a slot, or NULL for slot 0. */
static inline struct conn *conn_table_get(const struct conn_table *table, uint32_t slot)
{
	return slot ? conn_table_at(table, slot) : NULL;
}

struct conn *conn_table_find(const struct conn_table *table, const struct conn_key *key);
/* Returns the Multipath TCP connection that a flow of a node is a subflow of, or NULL. */
struct conn *conn_table_find_joined(const struct conn_table *table, const struct flow *flow,
				    uint32_t node);
struct conn *conn_table_find_sequence(const struct conn_table *table, uint64_t sequence);

/* Returns true if a connection must be removed before conn_table_add. */
static inline bool conn_table_is_full(const struct conn_table *table)
{
	return table->count >= table->max;
}

/* Returns the connection to remove to make room: the one that ended first, or else the oldest.
 * Returns NULL if the table is empty. */
struct conn *conn_table_victim(const struct conn_table *table);

/* Adds a connection as the newest one. Sets its key and sequence. The other members that views read
 * are zero. The key must be new. Returns NULL if out of memory. */
struct conn *conn_table_add(struct conn_table *table, const struct conn_key *key);

/* Appends a connection to the list of ended ones. */
void conn_table_end(struct conn_table *table, struct conn *conn);

/* Appends an attempt to the list of pending ones of its node, unless it is there. Returns 0, or
 * -ENOMEM if the list does not exist and cannot be made. */
int conn_table_wait(struct conn_table *table, struct conn *conn);

/* Returns the first pending attempt of a node, or NULL. table->pending_count is the number of the
 * last node that has a list, plus one. */
static inline struct conn *conn_table_pending(const struct conn_table *table, size_t node)
{
	return table->pending[node].oldest;
}

/* Removes a connection from the list of ended ones or of pending attempts, if it is there. */
void conn_table_unlist(struct conn_table *table, struct conn *conn);

/* Gives a new id to an ended connection whose id was made of its addresses. The connection stays in
 * the table, and its former key is free for a new connection. Returns 0 or -ENOMEM. */
int conn_table_retire(struct conn_table *table, struct conn *conn);

/* Gives a connection the id by which its source knows it from now on, which must be new. Returns 0
 * or -ENOMEM. */
int conn_table_continue(struct conn_table *table, struct conn *conn, uint64_t id);

/* Removes a connection. Its memory is reused. */
void conn_table_remove(struct conn_table *table, struct conn *conn);

#endif
