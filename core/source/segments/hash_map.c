/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/segments/hash_map.h"

#include <errno.h>
#include <stdlib.h>

#include "core/base/array.h"

void hash_map_clear(struct hash_map *map)
{
	free(map->items);
	hash_index_clear(&map->index);
	*map = (struct hash_map){0};
}

uint64_t *hash_map_get(const struct hash_map *map, uint64_t key)
{
	struct hash_cursor cursor;
	uint32_t at = hash_index_first(&map->index, key, &cursor);

	for (; at != HASH_INDEX_NONE; at = hash_index_next(&map->index, &cursor)) {
		if (map->items[at].key == key)
			return &map->items[at].value;
	}
	return NULL;
}

int hash_map_set(struct hash_map *map, uint64_t key, uint64_t value, size_t max)
{
	uint64_t *known = hash_map_get(map, key);

	if (known) {
		*known = value;
		return 0;
	}
	if (map->count >= max)
		return -ENOSPC;
	struct hash_map_item *added = ARRAY_ADD(map->items, map->count, map->capacity);
	if (!added)
		return -ENOMEM;
	*added = (struct hash_map_item){key, value};
	int error = hash_index_insert(&map->index, key, (uint32_t)(map->count - 1));
	if (error)
		map->count--;
	return error;
}
