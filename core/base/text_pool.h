/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stores each different text once while it has users. The edges of a state name their peers by such
 * texts: many edges have the same peer, and the names of a few pods stay in the processor's cache.
 * Not thread-safe.
 */
#ifndef POLECAT_CORE_BASE_TEXT_POOL_H
#define POLECAT_CORE_BASE_TEXT_POOL_H

#include <stddef.h>

#include "core/base/hash_index.h"

struct text_pool_entry;

/* Zero-initialise. Free with text_pool_clear. */
struct text_pool {
	struct text_pool_entry **entries;
	size_t count;
	size_t capacity;
	struct hash_index index; /* of positions in `entries` */
};

/* Returns the pool's copy of a text, with one more user. The copy does not move. Returns NULL if
 * memory is short. */
const char *text_pool_get(struct text_pool *pool, const char *text);

/* Removes a user of a text that text_pool_get returned. Frees the text with its last user. Does
 * nothing if text is NULL. */
void text_pool_release(struct text_pool *pool, const char *text);

/* Sets *text to the pool's copy of `value`, and releases the former text. Changes nothing if
 * `value` is NULL or "", or if memory is short. */
void text_pool_set(struct text_pool *pool, const char **text, const char *value);

/* Frees all texts, with or without users. */
void text_pool_clear(struct text_pool *pool);

#endif
