/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/bounded.h"

#include <malloc.h>
#include <stdlib.h>

#include "core/base/memory.h"

/* The bytes that malloc(3) puts before each block. */
#define BLOCK_OVERHEAD sizeof(size_t)

void *bounded_allocate(void *memory, size_t size)
{
	struct bounded_memory *bounded = memory;
	void *pointer = size < bounded->left ? memory_checked(malloc(size)) : NULL;
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
