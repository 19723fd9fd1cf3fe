/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/draft/lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void lines_add(struct lines *lines, const char *text)
{
	if (lines->error == 0 && text && lines->count == lines->capacity) {
		size_t capacity = lines->capacity > 0 ? lines->capacity * 2 : 8;
		const char **grown = arena_array(lines->arena, capacity, sizeof(*grown));
		if (grown && lines->count > 0)
			memcpy(grown, lines->items, lines->count * sizeof(*grown));
		if (grown) {
			lines->items = grown;
			lines->capacity = capacity;
		}
	}
	if (!text || lines->count == lines->capacity)
		lines->error = -ENOMEM;
	if (lines->error == 0)
		lines->items[lines->count++] = text;
}

void lines_printf(struct lines *lines, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	lines_add(lines, arena_vprintf(lines->arena, format, arguments));
	va_end(arguments);
}

void lines_add_rest(struct lines *lines, size_t rest)
{
	if (rest > 0)
		lines_printf(lines, "... and %zu more like these", rest);
}

static int lines_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void lines_settle(struct lines *lines, size_t most)
{
	size_t kept = 0;

	if (lines->count > 0)
		qsort(lines->items, lines->count, sizeof(*lines->items), lines_compare);
	for (size_t i = 0; i < lines->count; i++) {
		if (kept == 0 || strcmp(lines->items[kept - 1], lines->items[i]) != 0)
			lines->items[kept++] = lines->items[i];
	}
	lines->count = kept < most ? kept : most;
	lines_add_rest(lines, kept - lines->count);
}

void lines_append(struct lines *lines, const struct lines *more)
{
	for (size_t i = 0; i < more->count; i++)
		lines_add(lines, more->items[i]);
	if (more->error != 0)
		lines->error = more->error;
}
