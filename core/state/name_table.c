/* SPDX-License-Identifier: Apache-2.0 */
#include "core/state/name_table.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/hash.h"
#include "core/base/memory.h"

const char *name_table_get(struct name_table *table, const char *text, size_t max)
{
	struct hash_cursor cursor;

	if (!text)
		return NULL;
	uint64_t hash = hash_string(hash_seed(), text);
	for (uint32_t at = hash_index_first(&table->index, hash, &cursor); at != HASH_INDEX_NONE;
	     at = hash_index_next(&table->index, &cursor)) {
		if (strcmp(table->items[at], text) == 0)
			return table->items[at];
	}
	if (table->count >= max || ARRAY_RESERVE(table->items, table->capacity, table->count + 1))
		return NULL;
	char *copy = memory_checked(strdup(text));
	if (!copy || hash_index_insert(&table->index, hash, (uint32_t)table->count)) {
		free(copy);
		return NULL;
	}
	table->items[table->count++] = copy;
	return copy;
}

void name_table_clear(struct name_table *table)
{
	for (size_t i = 0; i < table->count; i++)
		free(table->items[i]);
	free(table->items);
	hash_index_clear(&table->index);
	*table = (struct name_table){0};
}
