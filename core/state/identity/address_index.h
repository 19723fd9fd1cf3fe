/* SPDX-License-Identifier: Apache-2.0 */
/* Maps IP addresses to their owners. An owner is a position in a list of the caller. Several owners
 * may have one address, such as the pods in a node's network. */
#ifndef POLECAT_CORE_STATE_IDENTITY_ADDRESS_INDEX_H
#define POLECAT_CORE_STATE_IDENTITY_ADDRESS_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/hash_index.h"
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

/* Return the owners of an address, one after the other. HASH_INDEX_NONE: no more. */
uint32_t address_index_first(const struct address_index *addresses, uint8_t family,
			     const struct flow_address *address, struct address_cursor *cursor);
uint32_t address_index_next(const struct address_index *addresses, struct address_cursor *cursor);

#endif
