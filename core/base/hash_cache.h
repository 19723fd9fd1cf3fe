/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A cache of objects that the caller finds by a hash. The caller adds an object when it is first
 * needed, and drops all objects together. The caller also compares keys, so several objects may
 * have the same hash.
 *
 * Objects and the memory that belongs to them come from the cache's arena, so pointers stay valid
 * until hash_cache_clear. Not thread-safe.
 */
#ifndef POLECAT_CORE_BASE_HASH_CACHE_H
#define POLECAT_CORE_BASE_HASH_CACHE_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/hash_index.h"

/* Zero-initialise. Free with hash_cache_clear. */
struct hash_cache {
	struct arena arena;
	void **items;
	size_t count;
	size_t capacity;
	struct hash_index by_hash;
};

/* Adds a zeroed object of `size` bytes. Returns NULL if memory is short. */
void *hash_cache_add(struct hash_cache *cache, uint64_t hash, size_t size);

/* Frees all objects. */
void hash_cache_clear(struct hash_cache *cache);

/* hash_cache_first and then hash_cache_next return the objects with a hash one by one, and NULL at
 * the end. They may also return objects with other hashes, so compare keys. */
static inline void *hash_cache_next(const struct hash_cache *cache, struct hash_cursor *cursor)
{
	uint32_t at = hash_index_next(&cache->by_hash, cursor);

	return at == HASH_INDEX_NONE ? NULL : cache->items[at];
}

static inline void *hash_cache_first(const struct hash_cache *cache, uint64_t hash,
				     struct hash_cursor *cursor)
{
	uint32_t at = hash_index_first(&cache->by_hash, hash, cursor);

	return at == HASH_INDEX_NONE ? NULL : cache->items[at];
}

#endif
