/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/bounded.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/* malloc(3) adds about this number of bytes to each block. */
#define BLOCK_OVERHEAD 16

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

	if (size > bounded->left || bounded->left - size < BLOCK_OVERHEAD)
		return NULL;
	void *pointer = malloc(size);
	if (pointer)
		bounded->left -= size + BLOCK_OVERHEAD;
	return pointer;
}

void bounded_release(void *memory, void *pointer)
{
	(void)memory;
	free(pointer);
}
