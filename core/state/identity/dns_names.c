/* SPDX-License-Identifier: Apache-2.0 */
#include "core/state/identity/dns_names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/hash.h"
#include "core/record/address.h"

/* RFC 1035, 2.3.4: a name has at most 255 octets, including the length octets of its labels. As a
 * text, these are 253 characters. */
#define NAME_LENGTH_MAX 253

static uint64_t dns_names_address_hash(uint8_t family, const struct flow_address *address)
{
	return hash_bytes(family ^ hash_seed(), address->bytes, sizeof(address->bytes));
}

static uint32_t dns_names_find(const struct dns_names *names, uint8_t family,
			       const struct flow_address *address)
{
	struct hash_cursor cursor;
	uint32_t at =
		hash_index_first(&names->index, dns_names_address_hash(family, address), &cursor);

	while (at != HASH_INDEX_NONE && (names->items[at].family != family ||
					 !address_equal(&names->items[at].address, address)))
		at = hash_index_next(&names->index, &cursor);
	return at;
}

void dns_names_clear(struct dns_names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->items[i].name);
	free(names->items);
	hash_index_clear(&names->index);
	*names = (struct dns_names){0};
}

static int dns_names_set(struct dns_names *names, uint8_t family,
			 const struct flow_address *address, const char *name)
{
	uint32_t at = dns_names_find(names, family, address);

	if (at != HASH_INDEX_NONE && strcmp(names->items[at].name, name) == 0)
		return 0;
	char *copy = strdup(name);
	if (!copy)
		return -ENOMEM;
	if (at != HASH_INDEX_NONE) {
		free(names->items[at].name);
		names->items[at].name = copy;
		return 0;
	}

	uint64_t hash = dns_names_address_hash(family, address);
	at = names->count < DNS_NAMES_MAX ? (uint32_t)names->count : (uint32_t)names->oldest;
	if (ARRAY_RESERVE(names->items, names->capacity, at + 1u) ||
	    hash_index_insert(&names->index, hash, at)) {
		free(copy);
		return -ENOMEM;
	}
	struct dns_name *item = &names->items[at];
	if (names->count < DNS_NAMES_MAX) {
		names->count++;
	} else {
		hash_index_remove(&names->index,
				  dns_names_address_hash(item->family, &item->address), at);
		free(item->name);
		names->oldest = (names->oldest + 1) % DNS_NAMES_MAX;
	}
	*item = (struct dns_name){.address = *address, .family = family, .name = copy};
	return 0;
}

int dns_names_apply(struct dns_names *names, const struct dns_record *dns)
{
	struct flow_address address;
	uint8_t family;

	if (strlen(dns->name) > NAME_LENGTH_MAX)
		return 0;
	for (size_t i = 0; i < dns->addresses.count; i++) {
		if (address_parse(dns->addresses.items[i], &family, &address))
			continue;
		int error = dns_names_set(names, family, &address, dns->name);
		if (error)
			return error;
	}
	return 0;
}

const char *dns_names_get(const struct dns_names *names, uint8_t family,
			  const struct flow_address *address)
{
	uint32_t at = dns_names_find(names, family, address);

	return at == HASH_INDEX_NONE ? NULL : names->items[at].name;
}
