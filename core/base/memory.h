/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counts allocations that fail. Most code continues without what it could not store, so the results
 * may lack something. The counts let a program say so, even where no caller handles -ENOMEM.
 *
 * The functions of core/base that allocate count their own failures. Other code passes the results
 * of malloc(3), strdup(3) and the like through memory_checked. Any thread.
 */
#ifndef POLECAT_CORE_BASE_MEMORY_H
#define POLECAT_CORE_BASE_MEMORY_H

#include <stdint.h>

/* Counts a failure of the calling thread. */
void memory_count_failure(void);

/* Returns `allocated`, and counts a failure if it is NULL. */
static inline void *memory_checked(void *allocated)
{
	if (__builtin_expect(!allocated, 0))
		memory_count_failure();
	return allocated;
}

/* Return the number of failures since the start: of the calling thread, and of all threads. */
uint64_t memory_thread_failures(void);
uint64_t memory_failures(void);

#endif
