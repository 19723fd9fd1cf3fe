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
	void *grown = reallocarray(items, wanted, size);
	if (grown)
		*capacity = wanted;
	return grown;
}

void *array_extend(void *items, size_t count, size_t size)
{
	if (count == SIZE_MAX)
		return NULL;
	void *grown = reallocarray(items, count + 1, size);
	if (grown)
		memset((char *)grown + count * size, 0, size);
	return grown;
}
