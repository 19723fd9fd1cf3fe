/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/view/exclusions.h"

#include <errno.h>
#include <stdlib.h>

#include "core/base/array.h"

/* The largest number of moved_from links to follow. Few exist, because connections move to another
 * edge only when polecat learns their identity: from program to container to pod. */
#define MOVES_MAX 8

/* Returns true if the connections of an edge came from a former edge. */
static bool exclusions_came_from(const struct edge *edge, const struct edge *former)
{
	for (int moves = 0; edge && moves < MOVES_MAX; moves++, edge = edge->moved_from) {
		if (edge == former)
			return true;
	}
	return false;
}

/* Finds the edge, or a former edge of its connections (moved_from). So a destination stays left out
 * when the identity of its connections becomes known. Returns the index, or the count if neither is
 * left out. */
static size_t exclusions_find(const struct exclusions *exclusions, const struct edge *edge)
{
	for (int moves = 0; edge && moves < MOVES_MAX; moves++, edge = edge->moved_from) {
		for (size_t i = 0; i < exclusions->count; i++) {
			if (exclusions->edges[i] == edge)
				return i;
		}
	}
	return exclusions->count;
}

int exclusions_add(struct exclusions *exclusions, const struct edge *edge)
{
	const struct edge **added;

	if (exclusions_contain(exclusions, edge) || edge->is_overflow)
		return 0;
	added = ARRAY_ADD(exclusions->edges, exclusions->count, exclusions->capacity);
	if (!added)
		return -ENOMEM;
	*added = edge;
	exclusions->revision++;
	return 0;
}

bool exclusions_remove(struct exclusions *exclusions, const struct edge *edge)
{
	uint64_t before = exclusions->revision;
	size_t index;

	/* Also remove the former edges (moved_from). */
	while ((index = exclusions_find(exclusions, edge)) < exclusions->count) {
		ARRAY_REMOVE(exclusions->edges, exclusions->count, index);
		exclusions->revision++;
	}
	return exclusions->revision != before;
}

const struct edge *exclusions_last(const struct exclusions *exclusions,
				   const struct subject *subject)
{
	for (size_t index = exclusions->count; index > 0; index--) {
		const struct edge *edge = exclusions->edges[index - 1];
		if (edge->subject == subject)
			return edge;
		for (size_t i = 0; i < subject->edge_count; i++) {
			if (exclusions_came_from(subject->edges[i], edge))
				return subject->edges[i];
		}
	}
	return NULL;
}

bool exclusions_contain(const struct exclusions *exclusions, const struct edge *edge)
{
	return exclusions_find(exclusions, edge) < exclusions->count;
}

void exclusions_clear(struct exclusions *exclusions)
{
	free(exclusions->edges);
	*exclusions = (struct exclusions){.revision = exclusions->revision + 1};
}

bool exclusions_exclude(const struct edge *edge, void *data)
{
	return exclusions_contain(data, edge);
}
