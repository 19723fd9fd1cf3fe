/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that is freed all at once: a draft makes thousands of small strings and lists that live
 * exactly as long as the set they belong to.
 *
 * Blocks double in size and are never moved, so pointers stay valid until arena_free. One thread.
 */
#ifndef POLECAT_CORE_BASE_ARENA_H
#define POLECAT_CORE_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena_block;

/* Zero-initialise. */
struct arena {
	struct arena_block *newest;
};

/* Zeroed memory for any type; NULL when memory is refused. */
void *arena_alloc(struct arena *arena, size_t size);

/* Zeroed memory for `count` elements of `size` bytes; NULL when that overflows or memory is
 * refused. */
void *arena_array(struct arena *arena, size_t count, size_t size);

/* Copies of text; NULL when memory is refused. */
char *arena_string(struct arena *arena, const char *text);
char *arena_printf(struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

void arena_free(struct arena *arena);

#endif
