/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decodes protobuf messages of other programs within a bounded memory: two bytes can become a whole
 * message. core/base/json_document.h bounds JSON. Pure; any thread.
 */
#ifndef POLECAT_CORE_SOURCE_BOUNDED_H
#define POLECAT_CORE_SOURCE_BOUNDED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The memory that decoding a protobuf message may take: BOUNDED_FACTOR bytes for each byte of the
 * message, but at least BOUNDED_LEAST bytes. A pod with thousands of labels of three characters
 * needs a factor of 13, and must not make its node's list unreadable. */
#define BOUNDED_FACTOR 32u
#define BOUNDED_LEAST  65536u

/* The memory that one decoded message may still take. bounded_start sets it for a message of
 * `length` bytes. */
struct bounded_memory {
	size_t left;
	bool exceeded; /* an allocation failed because the memory is used up */
};

static inline struct bounded_memory bounded_start(size_t length)
{
	return (struct bounded_memory){.left = BOUNDED_LEAST + BOUNDED_FACTOR * length};
}

/* Allocate and free, for a ProtobufCAllocator with the struct as its data. bounded_allocate returns
 * NULL if the memory is used up. */
void *bounded_allocate(void *memory, size_t size);
void bounded_release(void *memory, void *pointer);

#endif
