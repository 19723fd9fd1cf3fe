/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that is freed all at once, for example the small strings and lists of a draft. Blocks
 * never move, so pointers stay valid until arena_free. Not thread-safe. */
#ifndef POLECAT_CORE_BASE_ARENA_H
#define POLECAT_CORE_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena_block;

/* Zero-initialise. */
struct arena {
	struct arena_block *newest;
};

/* Allocates zeroed memory, aligned for any type. Returns NULL if memory is short. */
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

#endif
