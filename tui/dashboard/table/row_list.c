/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/table/row_list.h"

#include <stdlib.h>

#include "core/base/array.h"
#include "core/base/cleanup.h"
#include "core/base/hash.h"

void row_list_clear(struct row_list *list)
{
	free(STEAL(list->items));
	hash_index_clear(&list->places);
	*list = (struct row_list){0};
}

void row_list_restart(struct row_list *list)
{
	list->count = 0;
	list->indexed = false;
}

static void row_list_add_place(struct row_list *list, size_t at)
{
	/* Without memory, the row is not found. */
	(void)hash_index_insert(&list->places, hash_u64(list->items[at].id), (uint32_t)at);
}

void row_list_append(struct row_list *list, struct listed_row row)
{
	struct listed_row *item = ARRAY_ADD(list->items, list->count, list->capacity);

	if (!item)
		return;
	*item = row;
	if (list->indexed)
		row_list_add_place(list, list->count - 1);
}

void row_list_reverse(struct row_list *list)
{
	for (size_t low = 0, high = list->count; low + 1 < high; low++) {
		struct listed_row moved = list->items[low];

		list->items[low] = list->items[--high];
		list->items[high] = moved;
	}
}

void row_list_index(struct row_list *list)
{
	(void)hash_index_restart(&list->places, list->count);
	for (size_t i = 0; i < list->count; i++)
		row_list_add_place(list, i);
	list->indexed = true;
}

size_t row_list_find(const struct row_list *list, uint64_t id)
{
	struct hash_cursor cursor;
	uint32_t at = hash_index_first(&list->places, hash_u64(id), &cursor);

	while (at != HASH_INDEX_NONE && list->items[at].id != id)
		at = hash_index_next(&list->places, &cursor);
	return at == HASH_INDEX_NONE ? SIZE_MAX : at;
}
