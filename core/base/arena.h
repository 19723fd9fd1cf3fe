/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that is freed all at once, for example the small strings and lists of a draft. Blocks
 * never move, so pointers stay valid until arena_free. Not thread-safe. */
#ifndef POLECAT_CORE_BASE_ARENA_H
#define POLECAT_CORE_BASE_ARENA_H

#include <stdalign.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/large_memory.h"

/* The bytes that an object takes in an arena. */
#define ARENA_ROUND(size) (((size) + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1))

/* Only for the inline functions below, and for arena.c. */
struct arena_block {
	struct arena_block *older;
	size_t size; /* bytes of data */
	size_t used; /* a multiple of the alignment */
	alignas(LARGE_MEMORY_LINE) unsigned char data[];
};

/* Zero-initialise. If all objects of an arena take a multiple of LARGE_MEMORY_LINE bytes, each
 * starts at a cache line. */
struct arena {
	struct arena_block *newest;
	bool huge_pages; /* for many objects that are read in random order */
};

/* Makes a new block for arena_get, which is its only caller, and takes `size` bytes of it. */
void *arena_get_slowly(struct arena *arena, size_t size);

/* Like arena_alloc, but does not zero the memory. */
static inline void *arena_get(struct arena *arena, size_t size)
{
	struct arena_block *block = arena->newest;
	size_t rounded = ARENA_ROUND(size);

	/* Rounding a size near SIZE_MAX overflows. */
	if (__builtin_expect(!block || block->size - block->used < rounded || rounded < size, 0))
		return arena_get_slowly(arena, rounded < size ? SIZE_MAX : rounded);
	void *memory = block->data + block->used;
	block->used += rounded;
	return memory;
}

/* Allocates zeroed memory, aligned for any type. Returns NULL if memory is short. Zeroes each
 * object, not each new block, so that the unused end of the last block is never written. That end
 * is often half of all memory. */
void *arena_alloc(struct arena *arena, size_t size);

/* Allocates zeroed memory for `count` elements of `size` bytes. Returns NULL if memory is short or
 * the size overflows. */
void *arena_array(struct arena *arena, size_t count, size_t size);

/* arena_string copies a text. The other two format a text and cut it after 1023 bytes. All return
 * NULL if memory is short. */
char *arena_string(struct arena *arena, const char *text);
char *arena_printf(struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *arena, const char *format, va_list arguments)
	__attribute__((format(printf, 2, 0)));

void arena_free(struct arena *arena);

/* Overwrites all objects with zeros, for secrets. They are not valid afterwards. */
void arena_wipe(struct arena *arena);

#endif
