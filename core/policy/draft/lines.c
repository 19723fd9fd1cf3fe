/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/draft/lines.h"

#include <errno.h>
#include <stdlib.h>
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

int lines_add_rest(struct lines *lines, size_t rest)
{
	return rest == 0 ? 0
			 : lines_add(lines, arena_printf(lines->arena,
							 "... and %zu more like these", rest));
}

static int lines_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int lines_settle(struct lines *lines, size_t most)
{
	size_t kept = 0;

	if (lines->count > 0)
		qsort(lines->items, lines->count, sizeof(*lines->items), lines_compare);
	for (size_t i = 0; i < lines->count; i++) {
		if (kept == 0 || strcmp(lines->items[kept - 1], lines->items[i]) != 0)
			lines->items[kept++] = lines->items[i];
	}
	lines->count = kept < most ? kept : most;
	return lines_add_rest(lines, kept - lines->count);
}

int lines_append(struct lines *lines, const struct lines *more)
{
	int error = 0;

	for (size_t i = 0; error == 0 && i < more->count; i++)
		error = lines_add(lines, more->items[i]);
	return error;
}
