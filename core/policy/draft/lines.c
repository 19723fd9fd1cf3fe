/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/draft/lines.h"

#include <errno.h>
#include <string.h>

int lines_add(struct lines *lines, const char *text)
{
	if (!text)
		return -ENOMEM;
	if (lines->count == lines->capacity) {
		size_t capacity = lines->capacity > 0 ? lines->capacity * 2 : 8;
		const char **grown = arena_array(lines->arena, capacity, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		if (lines->count > 0)
			memcpy(grown, lines->items, lines->count * sizeof(*grown));
		lines->items = grown;
		lines->capacity = capacity;
	}
	lines->items[lines->count++] = text;
	return 0;
}

int lines_add_rest(struct lines *lines, size_t total)
{
	if (total <= LINES_OF_KIND)
		return 0;
	return lines_add(lines, arena_printf(lines->arena, "... and %zu more like these",
					     total - LINES_OF_KIND));
}
