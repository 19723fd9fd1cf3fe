/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/large_memory.h"

#define ARENA_FIRST_BLOCK   4096
#define ARENA_LARGEST_BLOCK ((size_t)1 << 20)

static struct arena_block *arena_grow(struct arena *arena, size_t size)
{
	size_t block_size = arena->newest ? arena->newest->size * 2 : ARENA_FIRST_BLOCK;

	/* With its header, the largest block in huge pages fills one page. */
	size_t largest = arena->huge_pages ? LARGE_MEMORY_PAGE - sizeof(struct arena_block)
					   : ARENA_LARGEST_BLOCK;

	if (block_size > largest)
		block_size = largest;
	if (block_size < size)
		block_size = size;

	struct arena_block *block = large_memory_alloc(1, sizeof(*block) + block_size);
	if (!block)
		return NULL;
	block->size = block_size;
	block->used = 0;
	block->older = arena->newest;
	arena->newest = block;
	return block;
}

void *arena_get_slowly(struct arena *arena, size_t size)
{
	struct arena_block *block = size <= SIZE_MAX / 2 ? arena_grow(arena, size) : NULL;

	if (!block)
		return NULL;
	block->used = size;
	return block->data;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	void *memory = arena_get(arena, size);

	if (memory)
		memset(memory, 0, size);
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
	char *copy = arena_get(arena, size);

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

void arena_wipe(struct arena *arena)
{
	for (struct arena_block *block = arena->newest; block; block = block->older)
		explicit_bzero(block->data, block->used);
}
