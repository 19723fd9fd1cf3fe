/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/hash_index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/large_memory.h"

/* The smallest number of slots. */
#define HASH_INDEX_MIN 16

static void hash_index_put(struct hash_index *index, struct hash_slot slot)
{
	size_t at = slot.hash & (index->capacity - 1);

	while (index->slots[at].value != HASH_INDEX_NONE)
		at = (at + 1) & (index->capacity - 1);
	index->slots[at] = slot;
}

/* Empties all slots. */
static void hash_index_erase(struct hash_index *index)
{
	/* Each byte of HASH_INDEX_NONE is 0xff. */
	if (index->capacity > 0)
		memset(index->slots, 0xff, index->capacity * sizeof(*index->slots));
}

static int hash_index_resize(struct hash_index *index, size_t capacity)
{
	struct hash_index grown = {
		.slots = large_memory_alloc(capacity, sizeof(*grown.slots)),
		.capacity = capacity,
		.allocated = capacity,
		.count = index->count,
	};

	if (!grown.slots)
		return -ENOMEM;
	hash_index_erase(&grown);
	for (size_t i = 0; i < index->capacity; i++) {
		if (index->slots[i].value != HASH_INDEX_NONE)
			hash_index_put(&grown, index->slots[i]);
	}
	free(index->slots);
	*index = grown;
	return 0;
}

/* Returns the number of slots for `count` values, at least `capacity`. */
static size_t hash_index_fit(size_t capacity, size_t count)
{
	if (capacity < HASH_INDEX_MIN)
		capacity = HASH_INDEX_MIN;
	while (capacity / 2 < count)
		capacity *= 2;
	return capacity;
}

int hash_index_reserve(struct hash_index *index, size_t count)
{
	size_t capacity = hash_index_fit(index->capacity, count);

	return capacity > index->capacity ? hash_index_resize(index, capacity) : 0;
}

int hash_index_restart(struct hash_index *index, size_t count)
{
	size_t capacity = hash_index_fit(0, count);

	index->count = 0;
	index->capacity = capacity <= index->allocated ? capacity : 0;
	hash_index_erase(index);
	return hash_index_reserve(index, count);
}

int hash_index_insert(struct hash_index *index, uint64_t hash, uint32_t value)
{
	if (index->count >= index->capacity / 2 && hash_index_reserve(index, index->count + 1) != 0)
		return -ENOMEM;
	hash_index_put(index, (struct hash_slot){.hash = (uint32_t)hash, .value = value});
	index->count++;
	return 0;
}

void hash_index_remove(struct hash_index *index, uint64_t hash, uint32_t value)
{
	size_t mask = index->capacity - 1;
	struct hash_slot *slots = index->slots;

	if (index->capacity == 0)
		return;
	size_t at = (uint32_t)hash & mask;
	while (slots[at].value != HASH_INDEX_NONE &&
	       (slots[at].value != value || slots[at].hash != (uint32_t)hash))
		at = (at + 1) & mask;
	if (slots[at].value == HASH_INDEX_NONE)
		return;

	/* A later value moves into the hole unless its home slot lies between the hole and the
	 * value's slot. */
	for (size_t next = (at + 1) & mask; slots[next].value != HASH_INDEX_NONE;
	     next = (next + 1) & mask) {
		size_t home = slots[next].hash & mask;
		if (((next - home) & mask) >= ((next - at) & mask)) {
			slots[at] = slots[next];
			at = next;
		}
	}
	slots[at].value = HASH_INDEX_NONE;
	index->count--;
}

void hash_index_move(struct hash_index *index, uint64_t hash, uint32_t from, uint32_t to)
{
	hash_index_remove(index, hash, from);
	/* The index has just shrunk, so this needs no memory. */
	(void)hash_index_insert(index, hash, to);
}

void hash_index_clear(struct hash_index *index)
{
	free(index->slots);
	*index = (struct hash_index){0};
}
