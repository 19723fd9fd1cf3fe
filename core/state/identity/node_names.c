/* SPDX-License-Identifier: Apache-2.0 */
#include "core/state/identity/node_names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/hash.h"
#include "core/base/memory.h"

int node_names_init(struct node_names *names, const char *own)
{
	*names = (struct node_names){
		.items = memory_checked(calloc(8, sizeof(char *))), .count = 1, .capacity = 8};
	if (!names->items)
		return -ENOMEM;
	if (own) {
		names->items[0] = memory_checked(strdup(own));
		if (!names->items[0] || hash_index_insert(&names->index, hash_string(0, own), 0)) {
			node_names_clear(names);
			return -ENOMEM;
		}
	}
	return 0;
}

void node_names_clear(struct node_names *names)
{
	if (!names->items)
		return;
	for (size_t i = 0; i < names->count; i++)
		free(names->items[i]);
	free(names->items);
	hash_index_clear(&names->index);
	*names = (struct node_names){0};
}

static uint32_t node_names_add(struct node_names *names, const char *name, uint64_t hash)
{
	if (names->count >= NODE_NAMES_MAX)
		return 0;
	if (ARRAY_RESERVE(names->items, names->capacity, names->count + 1))
		return 0;
	char *copy = memory_checked(strdup(name));
	if (!copy)
		return 0;
	if (hash_index_insert(&names->index, hash, (uint32_t)names->count)) {
		free(copy);
		return 0;
	}
	names->items[names->count] = copy;
	return (uint32_t)names->count++;
}

uint32_t node_names_get(struct node_names *names, const char *name)
{
	struct hash_cursor cursor;

	if (!name || name[0] == '\0')
		return 0;
	if (names->items[names->last] && strcmp(names->items[names->last], name) == 0)
		return names->last;
	uint64_t hash = hash_string(0, name);
	uint32_t at = hash_index_first(&names->index, hash, &cursor);
	while (at != HASH_INDEX_NONE && strcmp(names->items[at], name) != 0)
		at = hash_index_next(&names->index, &cursor);
	if (at == HASH_INDEX_NONE)
		at = node_names_add(names, name, hash);
	names->last = at;
	return at;
}

uint32_t node_names_find(const struct node_names *names, const char *name)
{
	struct hash_cursor cursor;
	uint32_t at = hash_index_first(&names->index, hash_string(0, name), &cursor);

	while (at != HASH_INDEX_NONE && strcmp(names->items[at], name) != 0)
		at = hash_index_next(&names->index, &cursor);
	return at == HASH_INDEX_NONE ? NODE_NAMES_MAX : at;
}

const char *node_names_text(const struct node_names *names, uint32_t node)
{
	return names->items[node];
}
