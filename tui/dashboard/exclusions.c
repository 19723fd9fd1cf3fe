/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/exclusions.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static size_t find(const struct exclusions *exclusions, const struct edge *edge)
{
	size_t index = 0;

	while (index < exclusions->count && exclusions->edges[index] != edge)
		index++;
	return index;
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
	size_t index = find(exclusions, edge);

	if (index == exclusions->count)
		return false;
	memmove(exclusions->edges + index, exclusions->edges + index + 1,
		(exclusions->count - index - 1) * sizeof(*exclusions->edges));
	exclusions->count--;
	exclusions->revision++;
	return true;
}

const struct edge *exclusions_last(const struct exclusions *exclusions,
				   const struct subject *subject)
{
	for (size_t index = exclusions->count; index > 0; index--) {
		if (exclusions->edges[index - 1]->subject == subject)
			return exclusions->edges[index - 1];
	}
	return NULL;
}

bool exclusions_contain(const struct exclusions *exclusions, const struct edge *edge)
{
	return find(exclusions, edge) < exclusions->count;
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
