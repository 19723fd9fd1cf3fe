/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_FIRST_BLOCK   4096
#define ARENA_LARGEST_BLOCK (1u << 20)

struct arena_block {
	struct arena_block *older;
	size_t size; /* bytes of data */
	size_t used;
	alignas(max_align_t) unsigned char data[];
};

static struct arena_block *arena_grow(struct arena *arena, size_t size)
{
	size_t block_size = arena->newest ? arena->newest->size * 2 : ARENA_FIRST_BLOCK;

	if (block_size > ARENA_LARGEST_BLOCK)
		block_size = ARENA_LARGEST_BLOCK;
	if (block_size < size)
		block_size = size;

	struct arena_block *block = calloc(1, sizeof(*block) + block_size);
	if (!block)
		return NULL;
	block->size = block_size;
	block->older = arena->newest;
	arena->newest = block;
	return block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	const size_t alignment = alignof(max_align_t);

	if (size > SIZE_MAX / 2)
		return NULL;
	size = (size + alignment - 1) / alignment * alignment;
	struct arena_block *block = arena->newest;
	if (!block || block->size - block->used < size)
		block = arena_grow(arena, size);
	if (!block)
		return NULL;
	void *memory = block->data + block->used;
	block->used += size;
	return memory;
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes))
		return NULL;
	return arena_alloc(arena, bytes);
}

char *arena_string(struct arena *arena, const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = arena_alloc(arena, size);

	if (copy)
		memcpy(copy, text, size);
	return copy;
}

char *arena_vprintf(struct arena *arena, const char *format, va_list arguments)
{
	char text[1024];

	return vsnprintf(text, sizeof(text), format, arguments) < 0 ? NULL
								    : arena_string(arena, text);
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	char *text = arena_vprintf(arena, format, arguments);
	va_end(arguments);
	return text;
}

void arena_free(struct arena *arena)
{
	while (arena->newest) {
		struct arena_block *block = arena->newest;
		arena->newest = block->older;
		free(block);
	}
}
