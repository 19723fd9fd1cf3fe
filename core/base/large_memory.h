/* SPDX-License-Identifier: Apache-2.0 */
/* Memory in huge pages, for tables that are read at random places. With small pages and 100,000
 * connections, TLB misses take a third of the time in which core/state processes a flow. */
#ifndef POLECAT_CORE_BASE_LARGE_MEMORY_H
#define POLECAT_CORE_BASE_LARGE_MEMORY_H

#include <stddef.h>

/* Bytes of a huge page on x86-64, and on arm64 with pages of 4 KiB. */
#define LARGE_MEMORY_PAGE ((size_t)2 << 20)

/* Bytes of a cache line. */
#define LARGE_MEMORY_LINE ((size_t)64)

/* Allocates uninitialised memory for free(), which starts at a cache line. Sizes below a huge page
 * come from the heap. Returns NULL if memory is short or the size is 0 or overflows. */
void *large_memory_alloc(size_t count, size_t size);

#endif
