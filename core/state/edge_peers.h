/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds edges by their direction and peer address, whichever subjects they belong to. A draft reads
 * the edges from and to each address of a workload. These edges are scattered in memory, so their
 * pointers are in an array: edge_list_get then prefetches several edges at a time. Edges are never
 * removed.
 */
#ifndef POLECAT_CORE_STATE_EDGE_PEERS_H
#define POLECAT_CORE_STATE_EDGE_PEERS_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/hash_index.h"
#include "core/base/large_memory.h"
#include "core/record/flow.h"
#include "core/state/subject.h"

/* The edges with one direction and peer address, in order of first appearance. Valid until the
 * state changes. */
struct edge_list {
	const struct edge *const *items;
	size_t count;
};

/* The edges with one direction and peer address. Most addresses have one edge, which needs no
 * array. */
struct edge_peers_entry {
	struct flow_address address;
	uint8_t family;
	uint8_t direction;
	uint32_t count;
	uint32_t capacity; /* of `many`; 0: the one edge is in `one` */
	union {
		const struct edge *one;
		const struct edge **many;
	};
};

/* Zero-initialise. Free with edge_peers_clear. */
struct edge_peers {
	struct edge_peers_entry *items;
	size_t count;
	size_t capacity;
	struct hash_index index;
};

/* Adds an edge, whose direction and peer address must not change. Returns 0, or -ENOMEM with no
 * change. */
int edge_peers_add(struct edge_peers *peers, const struct edge *edge);

/* Returns all edges with a direction and a peer address (network byte order). */
struct edge_list edge_peers_find(const struct edge_peers *peers, uint8_t direction, uint8_t family,
				 const struct flow_address *address);

void edge_peers_clear(struct edge_peers *peers);

#define EDGE_LIST_AHEAD 8

/* Prefetches the members of an edge that drafts read. */
static inline void edge_list_fetch(const struct edge_list *list, size_t index)
{
	const char *edge = (const char *)list->items[index];

	__builtin_prefetch(edge);
	__builtin_prefetch(edge + LARGE_MEMORY_LINE);
}

/* Returns the edge at an index below list->count. Call it in the order of the indexes: it
 * prefetches later edges and their subjects. */
static inline const struct edge *edge_list_get(const struct edge_list *list, size_t index)
{
	if (index + EDGE_LIST_AHEAD < list->count)
		edge_list_fetch(list, index + EDGE_LIST_AHEAD);
	if (index + EDGE_LIST_AHEAD / 2 < list->count)
		__builtin_prefetch(list->items[index + EDGE_LIST_AHEAD / 2]->subject);
	return list->items[index];
}

#endif
