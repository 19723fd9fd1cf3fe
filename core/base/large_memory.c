/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/large_memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

void *large_memory_alloc(size_t count, size_t size)
{
	if (count == 0 || size == 0 || count > (SIZE_MAX - LARGE_MEMORY_PAGE) / size)
		return NULL;
	size_t bytes = count * size;
	if (bytes < LARGE_MEMORY_PAGE)
		return malloc(bytes);

	bytes = (bytes + LARGE_MEMORY_PAGE - 1) & ~(LARGE_MEMORY_PAGE - 1);
	void *memory = aligned_alloc(LARGE_MEMORY_PAGE, bytes);
	/* This is a hint: kernels without huge pages use small pages. */
	if (memory)
		(void)madvise(memory, bytes, MADV_HUGEPAGE);
	return memory;
}
