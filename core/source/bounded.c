/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/bounded.h"

#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/* The bytes that malloc(3) puts before each block. */
#define BLOCK_OVERHEAD sizeof(size_t)

/* Counts the values of a JSON text: the first, and one for each bracket and comma outside texts.
 * Keys are not counted. Stops above BOUNDED_JSON_VALUES. */
static size_t bounded_count_values(const char *text, size_t length)
{
	size_t count = 1;
	bool in_text = false;

	for (size_t i = 0; i < length && count <= BOUNDED_JSON_VALUES; i++) {
		switch (text[i]) {
		case '\\':
			i += in_text;
			break;
		case '"':
			in_text = !in_text;
			break;
		case '[':
		case '{':
		case ',':
			count += !in_text;
			break;
		default:
			break;
		}
	}
	return count;
}

json_t *bounded_json(const char *text, size_t length, json_error_t *error)
{
	if (bounded_count_values(text, length) <= BOUNDED_JSON_VALUES)
		return json_loadb(text, length, 0, error);
	*error = (json_error_t){0};
	snprintf(error->text, sizeof(error->text), "more than %u values", BOUNDED_JSON_VALUES);
	return NULL;
}

void *bounded_allocate(void *memory, size_t size)
{
	struct bounded_memory *bounded = memory;
	void *pointer = size < bounded->left ? malloc(size) : NULL;
	size_t taken = pointer ? malloc_usable_size(pointer) + BLOCK_OVERHEAD : 0;

	if (size >= bounded->left || taken > bounded->left) {
		bounded->exceeded = true;
		free(pointer);
		return NULL;
	}
	bounded->left -= taken;
	return pointer;
}

void bounded_release(void *memory, void *pointer)
{
	struct bounded_memory *bounded = memory;

	if (pointer)
		bounded->left += malloc_usable_size(pointer) + BLOCK_OVERHEAD;
	free(pointer);
}
