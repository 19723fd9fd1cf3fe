/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/view/exclusions.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* An identity is learnt in a few steps: program, container, pod. More are somebody's rename. */
#define MOVES_MAX 8

static size_t exclusions_find_one(const struct exclusions *exclusions, const struct edge *edge)
{
	size_t index = 0;

	while (index < exclusions->count && exclusions->edges[index] != edge)
		index++;
	return index;
}

/* An edge that was left out before its identity was known stays out afterwards. Returns the
 * index, or the count if the edge is not left out. */
static size_t exclusions_find(const struct exclusions *exclusions, const struct edge *edge)
{
	for (int moves = 0; edge && moves < MOVES_MAX && exclusions->count > 0; moves++) {
		size_t index = exclusions_find_one(exclusions, edge);

		if (index < exclusions->count)
			return index;
		edge = edge->moved_from;
	}
	return exclusions->count;
}

static void exclusions_remove_at(struct exclusions *exclusions, size_t index)
{
	memmove(exclusions->edges + index, exclusions->edges + index + 1,
		(exclusions->count - index - 1) * sizeof(*exclusions->edges));
	exclusions->count--;
	exclusions->revision++;
}

int exclusions_add(struct exclusions *exclusions, const struct edge *edge)
{
	if (exclusions_contain(exclusions, edge))
		return 0;
	if (exclusions->count == exclusions->capacity) {
		size_t capacity = exclusions->capacity ? 2 * exclusions->capacity : 16;
		const struct edge **grown =
			reallocarray(exclusions->edges, capacity, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		exclusions->edges = grown;
		exclusions->capacity = capacity;
	}
	exclusions->edges[exclusions->count++] = edge;
	exclusions->revision++;
	return 0;
}

bool exclusions_remove(struct exclusions *exclusions, const struct edge *edge)
{
	bool removed = false;
	size_t index;

	/* Also under the names that it had before. */
	while ((index = exclusions_find(exclusions, edge)) < exclusions->count) {
		exclusions_remove_at(exclusions, index);
		removed = true;
	}
	return removed;
}

const struct edge *exclusions_last(const struct exclusions *exclusions,
				   const struct subject *subject)
{
	for (size_t index = exclusions->count; index > 0; index--) {
		if (exclusions->edges[index - 1]->subject == subject)
			return exclusions->edges[index - 1];
	}
	for (size_t i = 0; i < subject->edge_count; i++) {
		if (exclusions_contain(exclusions, subject->edges[i]))
			return subject->edges[i];
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
