/* SPDX-License-Identifier: Apache-2.0 */
/* Maps IP addresses to their owners. An owner is a position in a list of the caller. Several owners
 * may have one address, such as the pods in a node's network. */
#ifndef POLECAT_CORE_STATE_IDENTITY_ADDRESS_INDEX_H
#define POLECAT_CORE_STATE_IDENTITY_ADDRESS_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/hash.h"
#include "core/base/hash_index.h"
#include "core/record/address.h"
#include "core/record/flow.h"
#include "core/record/record.h"

struct address_entry {
	struct flow_address address;
	uint8_t family;
	uint32_t owner;
};

/* Zero-initialise. Free with address_index_clear. */
struct address_index {
	struct address_entry *entries;
	size_t count;
	size_t capacity;
	struct hash_index index;
};

/* A position among the owners of an address. The address must outlive the cursor. */
struct address_cursor {
	const struct flow_address *address;
	struct hash_cursor at;
	uint8_t family;
};

void address_index_clear(struct address_index *addresses);

/*
 * Add or remove all addresses in a list of texts. A text that is not an address ("None" of a
 * headless Service) is skipped. address_index_add returns 0, or -ENOMEM if it did not add all
 * addresses. Removing an absent address does nothing.
 */
int address_index_add(struct address_index *addresses, const struct string_list *texts,
		      uint32_t owner);
void address_index_remove(struct address_index *addresses, const struct string_list *texts,
			  uint32_t owner);

/* The next three functions serve the inline functions below, and address_index.c. They are inline
 * because drafts and checks look up several addresses for each flow. */

static inline uint64_t address_index_hash(uint8_t family, const struct flow_address *address)
{
	return address_hash(hash_seed() ^ family, address);
}

/* Searches from the entry `at` on. Returns the position of the first entry with the cursor's
 * address, or HASH_INDEX_NONE. */
static inline uint32_t address_index_skip(const struct address_index *addresses, uint32_t at,
					  struct address_cursor *cursor)
{
	while (at != HASH_INDEX_NONE &&
	       (addresses->entries[at].family != cursor->family ||
		!address_equal(&addresses->entries[at].address, cursor->address)))
		at = hash_index_next(&addresses->index, &cursor->at);
	return at;
}

/* Returns the position of the first entry with an address, or HASH_INDEX_NONE. */
static inline uint32_t address_index_start(const struct address_index *addresses, uint8_t family,
					   const struct flow_address *address,
					   struct address_cursor *cursor)
{
	/* Each kind of record has its own index, and many are empty. Do not hash the address for
	 * these. */
	if (addresses->count == 0)
		return HASH_INDEX_NONE;
	uint64_t hash = address_index_hash(family, address);

	cursor->address = address;
	cursor->family = family;
	return address_index_skip(addresses, hash_index_first(&addresses->index, hash, &cursor->at),
				  cursor);
}

/* Return the owners of an address, one after the other. HASH_INDEX_NONE: no more. */
static inline uint32_t address_index_first(const struct address_index *addresses, uint8_t family,
					   const struct flow_address *address,
					   struct address_cursor *cursor)
{
	uint32_t at = address_index_start(addresses, family, address, cursor);

	return at == HASH_INDEX_NONE ? at : addresses->entries[at].owner;
}

static inline uint32_t address_index_next(const struct address_index *addresses,
					  struct address_cursor *cursor)
{
	uint32_t at = address_index_skip(addresses, hash_index_next(&addresses->index, &cursor->at),
					 cursor);

	return at == HASH_INDEX_NONE ? at : addresses->entries[at].owner;
}

#endif
