/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decodes answers of other programs with bounded memory. A short answer can describe a large
 * structure: in JSON, three bytes (`{},`) become a value of some 200 bytes, and in protobuf, two
 * bytes become a whole message. Pure; any thread.
 */
#ifndef POLECAT_CORE_SOURCE_BOUNDED_H
#define POLECAT_CORE_SOURCE_BOUNDED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

/* The maximum number of values in a JSON text that bounded_json reads. They take at most about 120
 * MB. A list of 5,000 containers has fewer. */
#define BOUNDED_JSON_VALUES 500000u

/* The memory that decoding a protobuf message may take: BOUNDED_FACTOR bytes for each byte of the
 * message, but at least BOUNDED_LEAST bytes. A pod with thousands of labels of three characters
 * needs a factor of 13, and must not make its node's list unreadable. */
#define BOUNDED_FACTOR 32u
#define BOUNDED_LEAST  65536u

/* Parses a JSON text. Returns the value, which the caller frees with json_decref, or NULL with the
 * reason in `error`: the text is not JSON, or it has more than BOUNDED_JSON_VALUES values. */
json_t *bounded_json(const char *text, size_t length, json_error_t *error);

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
