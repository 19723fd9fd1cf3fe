/* SPDX-License-Identifier: Apache-2.0 */
#include "core/state/edge_peers.h"

#include <errno.h>
#include <stdlib.h>

#include "core/base/array.h"
#include "core/base/hash.h"
#include "core/base/memory.h"
#include "core/record/address.h"

/* The number of elements of a new array. */
#define EDGE_PEERS_MANY 4u

static uint64_t edge_peers_hash(uint8_t direction, uint8_t family,
				const struct flow_address *address)
{
	uint64_t key = (uint64_t)direction << 8 | family;

	return address_hash(hash_u64(key ^ hash_seed()), address);
}

static struct edge_peers_entry *edge_peers_get(const struct edge_peers *peers, uint64_t hash,
					       uint8_t direction, uint8_t family,
					       const struct flow_address *address)
{
	struct hash_cursor cursor;

	for (uint32_t at = hash_index_first(&peers->index, hash, &cursor); at != HASH_INDEX_NONE;
	     at = hash_index_next(&peers->index, &cursor)) {
		struct edge_peers_entry *peer = &peers->items[at];
		if (peer->direction == direction && peer->family == family &&
		    address_equal(&peer->address, address))
			return peer;
	}
	return NULL;
}

static struct edge_list edge_peers_list(const struct edge_peers_entry *peer)
{
	return (struct edge_list){.items = peer->capacity > 0 ? peer->many : &peer->one,
				  .count = peer->count};
}

/* Makes room for one more edge. Returns 0 or -ENOMEM. */
static int edge_peers_grow(struct edge_peers_entry *peer)
{
	uint32_t capacity = peer->capacity > 0 ? peer->capacity * 2 : EDGE_PEERS_MANY;

	if (peer->count < peer->capacity)
		return 0;
	if (capacity < peer->capacity)
		return -ENOMEM;
	const struct edge **many = memory_checked(reallocarray(
		peer->capacity > 0 ? peer->many : NULL, capacity, sizeof(const struct edge *)));
	if (!many)
		return -ENOMEM;
	if (peer->capacity == 0)
		many[0] = peer->one;
	peer->many = many;
	peer->capacity = capacity;
	return 0;
}

int edge_peers_add(struct edge_peers *peers, const struct edge *edge)
{
	uint64_t hash = edge_peers_hash(edge->direction, edge->family, &edge->peer);
	struct edge_peers_entry *peer =
		edge_peers_get(peers, hash, edge->direction, edge->family, &edge->peer);

	if (peer) {
		if (edge_peers_grow(peer) != 0)
			return -ENOMEM;
		peer->many[peer->count++] = edge;
		return 0;
	}
	if (ARRAY_RESERVE(peers->items, peers->capacity, peers->count + 1) != 0 ||
	    hash_index_insert(&peers->index, hash, (uint32_t)peers->count) != 0)
		return -ENOMEM;
	peers->items[peers->count++] = (struct edge_peers_entry){.address = edge->peer,
								 .family = edge->family,
								 .direction = edge->direction,
								 .count = 1,
								 .one = edge};
	return 0;
}

struct edge_list edge_peers_find(const struct edge_peers *peers, uint8_t direction, uint8_t family,
				 const struct flow_address *address)
{
	const struct edge_peers_entry *peer = edge_peers_get(
		peers, edge_peers_hash(direction, family, address), direction, family, address);
	struct edge_list list = {.count = 0};

	if (peer)
		list = edge_peers_list(peer);
	for (size_t i = 0; i < EDGE_LIST_AHEAD && i < list.count; i++)
		edge_list_fetch(&list, i);
	return list;
}

void edge_peers_clear(struct edge_peers *peers)
{
	for (size_t i = 0; i < peers->count; i++) {
		if (peers->items[i].capacity > 0)
			free(peers->items[i].many);
	}
	free(peers->items);
	hash_index_clear(&peers->index);
	*peers = (struct edge_peers){.items = NULL};
}
