/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Maps a 64-bit hash to 32-bit positions in an array of the caller. The caller compares the keys,
 * so one index serves any type of key. Several positions may have the same hash.
 *
 * The index uses open addressing with linear probing, has 8 bytes a slot, and is at most half full.
 * The home slot of a value is the slot at the low bits of its hash. Invariant: no empty slot lies
 * between a value's home slot and the value. Removal moves later values back, so the index needs no
 * tombstones. Not thread-safe.
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

/* Zero-initialise; free with hash_index_clear. */
struct hash_index {
	struct hash_slot *slots;
	size_t capacity;  /* the slots in use; a power of two, or 0 */
	size_t allocated; /* the slots in memory, at least `capacity` */
	size_t count;
};

struct hash_cursor {
	uint32_t hash;
	size_t at;
};

/* Makes room for `count` values, so that adding them costs no further allocation. Returns 0, or
 * -ENOMEM with no change. */
int hash_index_reserve(struct hash_index *index, size_t count);

/* Removes all values and makes room for `count` others. Keeps the memory if it has the room, and
 * then uses only as many slots as `count` values need, so that the time depends on `count` alone.
 * Returns 0, or -ENOMEM with the index empty. */
int hash_index_restart(struct hash_index *index, size_t count);

/* Adds a value (not HASH_INDEX_NONE) with a hash. Returns 0, or -ENOMEM with no change. */
int hash_index_insert(struct hash_index *index, uint64_t hash, uint32_t value);

/* Removes the value with this hash, if the index has it. Invalidates cursors. */
void hash_index_remove(struct hash_index *index, uint64_t hash, uint32_t value);

/* Replaces the value `from` with this hash, which the index must have, with the value `to`: an
 * element of an array has moved. Cannot fail. Invalidates cursors. */
void hash_index_move(struct hash_index *index, uint64_t hash, uint32_t from, uint32_t to);

void hash_index_clear(struct hash_index *index);

/* Return the first or next value that may have the hash, or HASH_INDEX_NONE at the end. The index
 * compares only 32 bits of the hash, so the caller compares keys. */
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
