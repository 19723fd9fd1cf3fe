/* SPDX-License-Identifier: Apache-2.0 */
#include "core/state/identity/address_index.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/hash.h"
#include "core/record/address.h"

static uint64_t address_index_address_hash(uint8_t family, const struct flow_address *address)
{
	uint64_t words[2];

	memcpy(words, address->bytes, sizeof(words));
	return hash_add(hash_add(hash_u64(family ^ hash_seed()), words[0]), words[1]);
}

static bool address_index_entry_fits(const struct address_entry *entry, uint8_t family,
				     const struct flow_address *address)
{
	return entry->family == family && address_equal(&entry->address, address);
}

void address_index_clear(struct address_index *addresses)
{
	free(addresses->entries);
	hash_index_clear(&addresses->index);
	*addresses = (struct address_index){0};
}

static int address_index_add_one(struct address_index *addresses, uint8_t family,
				 const struct flow_address *address, uint32_t owner)
{
	if (ARRAY_RESERVE(addresses->entries, addresses->capacity, addresses->count + 1) ||
	    hash_index_insert(&addresses->index, address_index_address_hash(family, address),
			      (uint32_t)addresses->count))
		return -ENOMEM;
	addresses->entries[addresses->count++] =
		(struct address_entry){.address = *address, .family = family, .owner = owner};
	return 0;
}

static uint32_t address_index_find(const struct address_index *addresses, uint8_t family,
				   const struct flow_address *address, uint32_t owner)
{
	struct hash_cursor cursor;
	uint32_t at = hash_index_first(&addresses->index,
				       address_index_address_hash(family, address), &cursor);

	while (at != HASH_INDEX_NONE &&
	       (addresses->entries[at].owner != owner ||
		!address_index_entry_fits(&addresses->entries[at], family, address)))
		at = hash_index_next(&addresses->index, &cursor);
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
		int error = address_index_add_one(addresses, family, &address, owner);
		if (error)
			return error;
	}
	return 0;
}

static void address_index_remove_one(struct address_index *addresses, uint8_t family,
				     const struct flow_address *address, uint32_t owner)
{
	uint32_t at = address_index_find(addresses, family, address, owner);

	if (at == HASH_INDEX_NONE)
		return;
	hash_index_remove(&addresses->index, address_index_address_hash(family, address), at);
	/* The last entry fills the hole; its place in the index goes with it. Cannot fail: the
	 * index only shrank. */
	uint32_t last = (uint32_t)--addresses->count;
	if (at != last) {
		struct address_entry *moved = &addresses->entries[last];
		uint64_t hash = address_index_address_hash(moved->family, &moved->address);
		hash_index_remove(&addresses->index, hash, last);
		(void)hash_index_insert(&addresses->index, hash, at);
		addresses->entries[at] = *moved;
	}
}

void address_index_remove(struct address_index *addresses, const struct string_list *texts,
			  uint32_t owner)
{
	struct flow_address address;
	uint8_t family;

	for (size_t i = 0; i < texts->count; i++) {
		if (address_parse(texts->items[i], &family, &address) == 0)
			address_index_remove_one(addresses, family, &address, owner);
	}
}

static uint32_t address_index_owner_at(const struct address_index *addresses, uint32_t at,
				       uint8_t family, const struct flow_address *address,
				       struct hash_cursor *cursor)
{
	for (; at != HASH_INDEX_NONE; at = hash_index_next(&addresses->index, cursor)) {
		if (address_index_entry_fits(&addresses->entries[at], family, address))
			return addresses->entries[at].owner;
	}
	return HASH_INDEX_NONE;
}

uint32_t address_index_first(const struct address_index *addresses, uint8_t family,
			     const struct flow_address *address, struct hash_cursor *cursor)
{
	uint64_t hash = address_index_address_hash(family, address);

	return address_index_owner_at(addresses, hash_index_first(&addresses->index, hash, cursor),
				      family, address, cursor);
}

uint32_t address_index_next(const struct address_index *addresses, uint8_t family,
			    const struct flow_address *address, struct hash_cursor *cursor)
{
	return address_index_owner_at(addresses, hash_index_next(&addresses->index, cursor), family,
				      address, cursor);
}
