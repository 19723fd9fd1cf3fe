/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/view/edge_set.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "core/base/array.h"
#include "core/base/hash.h"

bool edge_set_has(const struct edge_set *set, const struct edge *edge)
{
	struct hash_cursor cursor;
	uint32_t place = hash_index_first(&set->index, hash_pointer(edge), &cursor);

	while (place != HASH_INDEX_NONE && set->edges[place] != edge)
		place = hash_index_next(&set->index, &cursor);
	return place != HASH_INDEX_NONE;
}

int edge_set_add(struct edge_set *set, const struct edge *edge)
{
	if (edge_set_has(set, edge))
		return 0;
	if (set->count >= HASH_INDEX_NONE ||
	    ARRAY_RESERVE(set->edges, set->capacity, set->count + 1) ||
	    hash_index_insert(&set->index, hash_pointer(edge), (uint32_t)set->count))
		return -ENOMEM;
	set->edges[set->count++] = edge;
	return 0;
}

void edge_set_clear(struct edge_set *set)
{
	free(set->edges);
	hash_index_clear(&set->index);
	*set = (struct edge_set){.count = 0};
}
