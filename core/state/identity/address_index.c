/* SPDX-License-Identifier: Apache-2.0 */
#include "core/state/identity/address_index.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/record/address.h"

void address_index_clear(struct address_index *addresses)
{
	free(addresses->entries);
	hash_index_clear(&addresses->index);
	*addresses = (struct address_index){0};
}

/* Finds the position of an owner's entry, or HASH_INDEX_NONE. */
static uint32_t address_index_find(const struct address_index *addresses, uint8_t family,
				   const struct flow_address *address, uint32_t owner)
{
	struct address_cursor cursor;
	uint32_t at = address_index_start(addresses, family, address, &cursor);

	while (at != HASH_INDEX_NONE && addresses->entries[at].owner != owner)
		at = address_index_skip(addresses, hash_index_next(&addresses->index, &cursor.at),
					&cursor);
	return at;
}

int address_index_add(struct address_index *addresses, const struct string_list *texts,
		      uint32_t owner)
{
	struct flow_address address;
	uint8_t family;

	for (size_t i = 0; i < texts->count; i++) {
		if (address_parse(texts->items[i], &family, &address) ||
		    address_index_find(addresses, family, &address, owner) != HASH_INDEX_NONE)
			continue;
		if (ARRAY_RESERVE(addresses->entries, addresses->capacity, addresses->count + 1) ||
		    hash_index_insert(&addresses->index, address_index_hash(family, &address),
				      (uint32_t)addresses->count))
			return -ENOMEM;
		addresses->entries[addresses->count++] = (struct address_entry){
			.address = address, .family = family, .owner = owner};
	}
	return 0;
}

static void address_index_remove_at(struct address_index *addresses, uint32_t at)
{
	const struct address_entry *entry = &addresses->entries[at];
	const struct address_entry *moved = &addresses->entries[--addresses->count];

	hash_index_remove(&addresses->index, address_index_hash(entry->family, &entry->address),
			  at);
	if (moved == entry)
		return;
	/* The last entry fills the gap. */
	hash_index_move(&addresses->index, address_index_hash(moved->family, &moved->address),
			(uint32_t)addresses->count, at);
	addresses->entries[at] = *moved;
}

void address_index_remove(struct address_index *addresses, const struct string_list *texts,
			  uint32_t owner)
{
	struct flow_address address;
	uint8_t family;

	for (size_t i = 0; i < texts->count; i++) {
		if (address_parse(texts->items[i], &family, &address))
			continue;
		uint32_t at = address_index_find(addresses, family, &address, owner);
		if (at != HASH_INDEX_NONE)
			address_index_remove_at(addresses, at);
	}
}
