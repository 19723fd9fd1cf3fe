/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/view/exclusions.h"

#include <errno.h>
#include <stdlib.h>

#include "core/base/array.h"
#include "core/base/hash.h"

/* The largest number of moved_from links to follow. Few exist, because connections move to another
 * edge only when polecat learns their identity: from program to container to pod. */
#define MOVES_MAX 8

/* Below this number of places, NULLs stay. */
#define COMPACT_MIN 64

/* Returns the place of an edge, or edge_count. */
static size_t exclusions_place(const struct exclusions *exclusions, const struct edge *edge)
{
	struct hash_cursor cursor;
	uint32_t place = hash_index_first(&exclusions->index, hash_pointer(edge), &cursor);

	while (place != HASH_INDEX_NONE && exclusions->edges[place] != edge)
		place = hash_index_next(&exclusions->index, &cursor);
	return place != HASH_INDEX_NONE ? place : exclusions->edge_count;
}

/* Finds the edge, or a former edge of its connections (moved_from). So a destination stays left out
 * when the identity of its connections becomes known. Returns the place, or edge_count if neither
 * is left out. */
static size_t exclusions_find(const struct exclusions *exclusions, const struct edge *edge)
{
	if (exclusions->count == 0)
		return exclusions->edge_count;
	for (int moves = 0; edge && moves < MOVES_MAX; moves++, edge = edge->moved_from) {
		size_t place = exclusions_place(exclusions, edge);

		if (place < exclusions->edge_count)
			return place;
	}
	return exclusions->edge_count;
}

int exclusions_add_all(struct exclusions *exclusions, const struct edge *const *edges, size_t count)
{
	size_t needed = exclusions->edge_count + count;

	if (needed >= HASH_INDEX_NONE ||
	    ARRAY_RESERVE(exclusions->edges, exclusions->edge_capacity, needed) ||
	    hash_index_reserve(&exclusions->index, exclusions->count + count))
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		size_t place = exclusions->edge_count;

		if (exclusions_contain(exclusions, edges[i]) || edges[i]->is_overflow)
			continue;
		/* The index has room. */
		(void)hash_index_insert(&exclusions->index, hash_pointer(edges[i]),
					(uint32_t)place);
		exclusions->edges[place] = edges[i];
		exclusions->edge_count++;
		exclusions->count++;
		exclusions->revision++;
	}
	return 0;
}

int exclusions_add(struct exclusions *exclusions, const struct edge *edge)
{
	return exclusions_add_all(exclusions, &edge, 1);
}

/* Removes the NULLs if they are most of the places, so that the places stay in proportion to the
 * edges. */
static void exclusions_compact(struct exclusions *exclusions)
{
	size_t kept = 0;

	if (exclusions->edge_count < COMPACT_MIN || exclusions->count > exclusions->edge_count / 2)
		return;
	/* The index has had more values, so it has the memory for these. */
	(void)hash_index_restart(&exclusions->index, exclusions->count);
	for (size_t i = 0; i < exclusions->edge_count; i++) {
		const struct edge *edge = exclusions->edges[i];

		if (!edge)
			continue;
		(void)hash_index_insert(&exclusions->index, hash_pointer(edge), (uint32_t)kept);
		exclusions->edges[kept++] = edge;
	}
	exclusions->edge_count = kept;
}

bool exclusions_remove(struct exclusions *exclusions, const struct edge *edge)
{
	uint64_t before = exclusions->revision;
	size_t place;

	/* Also remove the former edges (moved_from). */
	while ((place = exclusions_find(exclusions, edge)) < exclusions->edge_count) {
		hash_index_remove(&exclusions->index, hash_pointer(exclusions->edges[place]),
				  (uint32_t)place);
		exclusions->edges[place] = NULL;
		exclusions->count--;
		exclusions->revision++;
	}
	if (exclusions->revision == before)
		return false;
	exclusions_compact(exclusions);
	return true;
}

const struct edge *exclusions_last(const struct exclusions *exclusions,
				   const struct subject *subject)
{
	const struct edge *last = NULL;
	size_t after = 0; /* the place after that of `last` */

	for (size_t place = exclusions->edge_count; !last && place > 0; place--) {
		const struct edge *edge = exclusions->edges[place - 1];

		if (!edge || edge->subject != subject)
			continue;
		last = edge;
		after = place;
	}
	/* The connections of an edge that was left out may have moved to an edge of the subject. */
	for (size_t i = 0; i < subject->edge_count; i++) {
		size_t place = exclusions_find(exclusions, subject->edges[i]);

		if (place < exclusions->edge_count && place >= after) {
			last = subject->edges[i];
			after = place + 1;
		}
	}
	return last;
}

bool exclusions_contain(const struct exclusions *exclusions, const struct edge *edge)
{
	return exclusions_find(exclusions, edge) < exclusions->edge_count;
}

void exclusions_clear(struct exclusions *exclusions)
{
	free(exclusions->edges);
	hash_index_clear(&exclusions->index);
	*exclusions = (struct exclusions){.revision = exclusions->revision + 1};
}

bool exclusions_exclude(const struct edge *edge, void *data)
{
	return exclusions_contain(data, edge);
}
