/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/array.h"

#include <stdint.h>
#include <stdlib.h>

#define ARRAY_FIRST_CAPACITY 16

void *array_grow(void *items, size_t *capacity, size_t needed, size_t size)
{
	size_t wanted = *capacity < ARRAY_FIRST_CAPACITY ? ARRAY_FIRST_CAPACITY : *capacity;

	while (wanted < needed) {
		if (wanted > SIZE_MAX / 2)
			return NULL;
		wanted *= 2;
	}
	/* Check here, because sanitizers abort on a size for which reallocarray returns NULL. */
	if (wanted > PTRDIFF_MAX / size)
		return NULL;
	void *grown = reallocarray(items, wanted, size);
	if (grown)
		*capacity = wanted;
	return grown;
}

void *array_extend(void *items, size_t count, size_t size)
{
	if (count >= PTRDIFF_MAX / size)
		return NULL;
	void *grown = reallocarray(items, count + 1, size);
	if (grown)
		memset((char *)grown + count * size, 0, size);
	return grown;
}

size_t array_search(const void *key, const void *items, size_t count, size_t size,
		    int (*compare)(const void *key, const void *item))
{
	size_t low = 0;
	size_t high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (compare(key, (const char *)items + middle * size) > 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int array_compare_text(const void *key, const void *item)
{
	const char *text;

	memcpy(&text, item, sizeof(text));
	return strcmp(key, text);
}

size_t array_lower_bound(const void *items, size_t count, size_t size, const char *key)
{
	if (count > 0 && array_compare_text(key, (const char *)items + (count - 1) * size) > 0)
		return count;
	return array_search(key, items, count, size, array_compare_text);
}
