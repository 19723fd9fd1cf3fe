/* SPDX-License-Identifier: Apache-2.0 */
#include "core/state/identity/translations.h"

#include <stdlib.h>

#include "core/base/array.h"
#include "core/base/hash.h"
#include "core/record/address.h"

void translations_clear(struct translations *translations)
{
	free(translations->items);
	hash_index_clear(&translations->index);
	hash_index_clear(&translations->by_backend);
	*translations = (struct translations){0};
}

static uint64_t translations_hash(uint8_t family, const struct flow_address *address,
				  uint8_t protocol, uint16_t port)
{
	return hash_add(address_hash(hash_seed() ^ family, address),
			(uint64_t)protocol << 16 | port);
}

static uint64_t translations_hash_backend(uint8_t family, const struct flow_address *address)
{
	return address_hash(hash_seed() ^ family, address);
}

static const struct address_translation *translations_at(const struct translations *translations,
							 uint32_t at)
{
	return at == HASH_INDEX_NONE ? NULL : &translations->items[at];
}

const struct address_translation *translations_first_to(const struct translations *translations,
							uint8_t family,
							const struct flow_address *address,
							struct hash_cursor *cursor)
{
	return translations_at(
		translations, hash_index_first(&translations->by_backend,
					       translations_hash_backend(family, address), cursor));
}

const struct address_translation *translations_next_to(const struct translations *translations,
						       struct hash_cursor *cursor)
{
	return translations_at(translations, hash_index_next(&translations->by_backend, cursor));
}

static struct address_translation *translations_get(const struct translations *translations,
						    uint8_t family,
						    const struct flow_address *address,
						    uint8_t protocol, uint16_t port)
{
	struct hash_cursor cursor;

	if (translations->count == 0)
		return NULL;
	uint64_t hash = translations_hash(family, address, protocol, port);
	for (uint32_t at = hash_index_first(&translations->index, hash, &cursor);
	     at != HASH_INDEX_NONE; at = hash_index_next(&translations->index, &cursor)) {
		struct address_translation *found = &translations->items[at];
		if (found->family == family && found->protocol == protocol && found->port == port &&
		    address_equal(&found->address, address))
			return found;
	}
	return NULL;
}

const struct address_translation *translations_find(const struct translations *translations,
						    uint8_t family,
						    const struct flow_address *address,
						    uint8_t protocol, uint16_t port)
{
	return translations_get(translations, family, address, protocol, port);
}

/* Adds an empty translation. Returns NULL if the table is full or if out of memory. */
static struct address_translation *translations_new(struct translations *translations,
						    const struct flow *flow)
{
	uint64_t hash = translations_hash(flow->family, &flow->dst, flow->protocol, flow->dport);

	if (translations->count >= TRANSLATIONS_MAX ||
	    ARRAY_RESERVE(translations->items, translations->capacity, translations->count + 1) ||
	    hash_index_insert(&translations->index, hash, (uint32_t)translations->count))
		return NULL;
	struct address_translation *added = &translations->items[translations->count++];
	*added = (struct address_translation){.address = flow->dst,
					      .family = flow->family,
					      .protocol = flow->protocol,
					      .port = flow->dport};
	return added;
}

bool translations_add(struct translations *translations, const struct flow *flow)
{
	struct address_translation *found = translations_get(translations, flow->family, &flow->dst,
							     flow->protocol, flow->dport);

	if (!found)
		found = translations_new(translations, flow);
	if (!found)
		return false;
	for (size_t i = 0; i < found->count; i++) {
		struct translation_backend *known = &found->backends[i];
		if (known->port != flow->nat_port ||
		    !address_equal(&known->address, &flow->nat_address))
			continue;
		if (flow->ts_ns > known->last_ns)
			known->last_ns = flow->ts_ns;
		return false;
	}
	/* A failure only hides the translation from look-ups by backend. */
	if (found->count < TRANSLATION_BACKENDS_MAX)
		(void)hash_index_insert(
			&translations->by_backend,
			translations_hash_backend(found->family, &flow->nat_address),
			(uint32_t)(found - translations->items));
	if (found->count == TRANSLATION_BACKENDS_MAX) {
		found->has_more = true;
		return false;
	}
	found->backends[found->count++] =
		(struct translation_backend){flow->nat_address, flow->ts_ns, flow->nat_port};
	return true;
}
