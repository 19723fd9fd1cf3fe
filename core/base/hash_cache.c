/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/hash_cache.h"

#include <stdlib.h>

#include "core/base/array.h"

void *hash_cache_add(struct hash_cache *cache, uint64_t hash, size_t size)
{
	void *item = arena_alloc(&cache->arena, size);

	if (!item || ARRAY_RESERVE(cache->items, cache->capacity, cache->count + 1) ||
	    hash_index_insert(&cache->by_hash, hash, (uint32_t)cache->count))
		return NULL;
	cache->items[cache->count++] = item;
	return item;
}

void hash_cache_clear(struct hash_cache *cache)
{
	arena_free(&cache->arena);
	free(cache->items);
	hash_index_clear(&cache->by_hash);
	*cache = (struct hash_cache){0};
}
