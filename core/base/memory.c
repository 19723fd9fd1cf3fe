/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/memory.h"

#include <stdatomic.h>

static _Thread_local uint64_t memory_own;
static atomic_uint_fast64_t memory_all;

void memory_count_failure(void)
{
	memory_own++;
	atomic_fetch_add_explicit(&memory_all, 1, memory_order_relaxed);
}

uint64_t memory_thread_failures(void)
{
	return memory_own;
}

uint64_t memory_failures(void)
{
	return atomic_load_explicit(&memory_all, memory_order_relaxed);
}
