/* SPDX-License-Identifier: Apache-2.0 */
/* A bounded map from 64-bit keys, which are hashes, to 64-bit values. Not thread-safe. */
#ifndef POLECAT_CORE_SOURCE_SEGMENTS_HASH_MAP_H
#define POLECAT_CORE_SOURCE_SEGMENTS_HASH_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/hash_index.h"

struct hash_map_item {
	uint64_t key;
	uint64_t value;
};

/* Zero-initialise. Free with hash_map_clear. */
struct hash_map {
	struct hash_map_item *items;
	size_t count;
	size_t capacity;
	struct hash_index index;
};

void hash_map_clear(struct hash_map *map);

/* Returns the value of a key, or NULL. Valid until the next call of hash_map_set. */
uint64_t *hash_map_get(const struct hash_map *map, uint64_t key);

/* Adds a key or replaces its value. Returns 0, -ENOSPC if the map already has `max` keys and this
 * is none of them, or -ENOMEM. */
int hash_map_set(struct hash_map *map, uint64_t key, uint64_t value, size_t max);

#endif
