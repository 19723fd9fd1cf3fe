/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hash index: from a 64-bit hash to 32-bit positions in an array of the caller's. The caller
 * compares keys itself, so that one index serves any key, and several values may stand under one
 * hash.
 *
 * Open addressing with linear probing, half full at most, 8 bytes a slot. Invariant: no empty slot
 * stands between a value's home slot and the value (removal moves the followers back, there are no
 * tombstones).
 */
#ifndef POLECAT_CORE_BASE_HASH_INDEX_H
#define POLECAT_CORE_BASE_HASH_INDEX_H

#include <stddef.h>
#include <stdint.h>

#define HASH_INDEX_NONE UINT32_MAX

struct hash_slot {
	uint32_t hash;
	uint32_t value; /* HASH_INDEX_NONE: empty */
};

/* Zero-initialise; hash_index_clear in the end. */
struct hash_index {
	struct hash_slot *slots;
	size_t capacity; /* a power of two, or 0 */
	size_t count;
};

struct hash_cursor {
	uint32_t hash;
	size_t at;
};

/* Adds a value (not HASH_INDEX_NONE) under a hash. 0 or -ENOMEM, unchanged then. */
int hash_index_insert(struct hash_index *index, uint64_t hash, uint32_t value);

/* Removes one value under a hash, if it is there. Cursors are void afterwards. */
void hash_index_remove(struct hash_index *index, uint64_t hash, uint32_t value);

void hash_index_clear(struct hash_index *index);

/* The next candidate under the cursor's hash, or HASH_INDEX_NONE: the caller still compares keys.
 */
static inline uint32_t hash_index_next(const struct hash_index *index, struct hash_cursor *cursor)
{
	for (;;) {
		const struct hash_slot *slot = &index->slots[cursor->at];
		if (slot->value == HASH_INDEX_NONE)
			return HASH_INDEX_NONE;
		cursor->at = (cursor->at + 1) & (index->capacity - 1);
		if (slot->hash == cursor->hash)
			return slot->value;
	}
}

static inline uint32_t hash_index_first(const struct hash_index *index, uint64_t hash,
					struct hash_cursor *cursor)
{
	*cursor = (struct hash_cursor){.hash = (uint32_t)hash};
	if (index->capacity == 0)
		return HASH_INDEX_NONE;
	cursor->at = cursor->hash & (index->capacity - 1);
	return hash_index_next(index, cursor);
}

#endif
