/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/large_memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "core/base/memory.h"

/* Rounds up to a multiple of `unit`, a power of two. */
static size_t large_memory_round(size_t bytes, size_t unit)
{
	return (bytes + unit - 1) & ~(unit - 1);
}

void *large_memory_alloc(size_t count, size_t size)
{
	if (count == 0 || size == 0 || count > (SIZE_MAX - LARGE_MEMORY_PAGE) / size)
		return NULL;
	size_t bytes = count * size;
	if (bytes < LARGE_MEMORY_PAGE)
		return memory_checked(aligned_alloc(LARGE_MEMORY_LINE,
						    large_memory_round(bytes, LARGE_MEMORY_LINE)));

	bytes = large_memory_round(bytes, LARGE_MEMORY_PAGE);
	void *memory = memory_checked(aligned_alloc(LARGE_MEMORY_PAGE, bytes));
	/* This is a hint: kernels without huge pages use small pages. */
	if (memory)
		(void)madvise(memory, bytes, MADV_HUGEPAGE);
	return memory;
}
