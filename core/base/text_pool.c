/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/text_pool.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/hash.h"
#include "core/base/memory.h"
#include "core/base/text.h"

struct text_pool_entry {
	size_t users;
	uint32_t at; /* position in `entries` */
	char text[];
};

static struct text_pool_entry *text_pool_entry_of(const char *text)
{
	return (struct text_pool_entry *)((uintptr_t)text - offsetof(struct text_pool_entry, text));
}

static uint64_t text_pool_hash(const char *text)
{
	return hash_string(hash_seed(), text);
}

static struct text_pool_entry *text_pool_find(const struct text_pool *pool, const char *text,
					      uint64_t hash)
{
	struct hash_cursor cursor;

	for (uint32_t at = hash_index_first(&pool->index, hash, &cursor); at != HASH_INDEX_NONE;
	     at = hash_index_next(&pool->index, &cursor)) {
		if (strcmp(pool->entries[at]->text, text) == 0)
			return pool->entries[at];
	}
	return NULL;
}

const char *text_pool_get(struct text_pool *pool, const char *text)
{
	uint64_t hash = text_pool_hash(text);
	struct text_pool_entry *entry = text_pool_find(pool, text, hash);
	size_t size = strlen(text) + 1;

	if (entry) {
		entry->users++;
		return entry->text;
	}
	if (ARRAY_RESERVE(pool->entries, pool->capacity, pool->count + 1) != 0)
		return NULL;
	entry = memory_checked(malloc(sizeof(*entry) + size));
	if (!entry || hash_index_insert(&pool->index, hash, (uint32_t)pool->count) != 0) {
		free(entry);
		return NULL;
	}
	entry->users = 1;
	entry->at = (uint32_t)pool->count;
	memcpy(entry->text, text, size);
	pool->entries[pool->count++] = entry;
	return entry->text;
}

/* Moves the entry at the end of the array to the place of a removed entry. */
static void text_pool_fill_gap(struct text_pool *pool, uint32_t at)
{
	struct text_pool_entry *moved = pool->entries[--pool->count];

	if (moved->at == at)
		return;
	hash_index_move(&pool->index, text_pool_hash(moved->text), moved->at, at);
	moved->at = at;
	pool->entries[at] = moved;
}

void text_pool_release(struct text_pool *pool, const char *text)
{
	struct text_pool_entry *entry = text ? text_pool_entry_of(text) : NULL;

	if (!entry || --entry->users > 0)
		return;
	hash_index_remove(&pool->index, text_pool_hash(text), entry->at);
	text_pool_fill_gap(pool, entry->at);
	free(entry);
}

void text_pool_set(struct text_pool *pool, const char **text, const char *value)
{
	if (!value || !*value || text_compare(*text, value) == 0)
		return;
	const char *copy = text_pool_get(pool, value);
	if (!copy)
		return;
	text_pool_release(pool, *text);
	*text = copy;
}

void text_pool_clear(struct text_pool *pool)
{
	for (size_t i = 0; i < pool->count; i++)
		free(pool->entries[i]);
	free(pool->entries);
	hash_index_clear(&pool->index);
	*pool = (struct text_pool){0};
}
