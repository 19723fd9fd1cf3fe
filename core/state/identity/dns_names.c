/* SPDX-License-Identifier: Apache-2.0 */
#include "core/state/identity/dns_names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/clock.h"
#include "core/base/hash.h"
#include "core/base/memory.h"
#include "core/record/address.h"

/* RFC 1035, 2.3.4: a name has at most 255 octets, including the length octets of its labels. As a
 * text, these are 253 characters. */
#define NAME_LENGTH_MAX 253

/* A process may use an answer for some time after its TTL: it connects later than it asks, and
 * libraries keep answers (the JVM 30 s, browsers 60 s). */
#define DNS_NAMES_GRACE_NS (60 * NS_PER_SECOND)

/* The dns_place.key of look-ups whose pod and network namespace are unknown. */
#define DNS_NAMES_NOWHERE 0

static uint64_t dns_names_pod(const struct dns_asker *asker)
{
	uint64_t hash = hash_seed();

	if (asker->namespace_name)
		hash = hash_string(hash, asker->namespace_name);
	return hash_string(hash_add(hash, 1), asker->pod) | 1;
}

static uint64_t dns_names_netns(const struct dns_asker *asker)
{
	uint64_t hash = hash_seed();

	if (asker->node)
		hash = hash_string(hash, asker->node);
	return hash_add(hash_add(hash, 2), asker->netns) | 1;
}

static uint64_t dns_names_place(const struct dns_asker *asker)
{
	if (asker->pod)
		return dns_names_pod(asker);
	return asker->netns ? dns_names_netns(asker) : DNS_NAMES_NOWHERE;
}

static uint64_t dns_names_hash(uint64_t place, uint8_t family, const struct flow_address *address)
{
	return address_hash(hash_add(family ^ hash_seed(), place), address);
}

static bool dns_names_is_at(const struct dns_name *item, uint64_t place, uint8_t family,
			    const struct flow_address *address)
{
	return item->place == place && item->family == family &&
	       address_equal(&item->address, address);
}

/* --- places: pods, and network namespaces of processes outside pods --- */

static struct dns_place *dns_names_find_place(const struct dns_names *names, uint64_t key)
{
	struct hash_cursor cursor;
	uint32_t at = hash_index_first(&names->place_index, key, &cursor);

	while (at != HASH_INDEX_NONE && names->places[at].key != key)
		at = hash_index_next(&names->place_index, &cursor);
	return at == HASH_INDEX_NONE ? NULL : &names->places[at];
}

/* Returns the place with this key, and adds it if it is new. Returns NULL if out of memory. */
static struct dns_place *dns_names_get_place(struct dns_names *names, uint64_t key)
{
	struct dns_place *place = dns_names_find_place(names, key);

	if (place)
		return place;
	if (ARRAY_RESERVE(names->places, names->place_capacity, names->place_count + 1) ||
	    hash_index_insert(&names->place_index, key, (uint32_t)names->place_count))
		return NULL;
	place = &names->places[names->place_count++];
	*place = (struct dns_place){.key = key, .names = INDEX_LIST_EMPTY};
	return place;
}

/* Removes a place (dns_names.h) whose list of names is empty. Moves the last element of places[] to
 * the free position. */
static void dns_names_drop_place(struct dns_names *names, struct dns_place *place)
{
	uint32_t at = (uint32_t)(place - names->places);
	uint32_t last = (uint32_t)--names->place_count;

	hash_index_remove(&names->place_index, place->key, at);
	if (at == last)
		return;
	hash_index_move(&names->place_index, names->places[last].key, last, at);
	*place = names->places[last];
}

/* --- names --- */

void dns_names_clear(struct dns_names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->items[i].name);
	free(names->items);
	free(names->places);
	hash_index_clear(&names->index);
	hash_index_clear(&names->place_index);
	*names = (struct dns_names){0};
}

/* Removes an entry from the lists and the index, so that its position in names->items can be used
 * again. */
static void dns_names_leave(struct dns_names *names, uint32_t at)
{
	struct dns_name *item = &names->items[at];
	struct dns_place *place = dns_names_find_place(names, item->place);

	hash_index_remove(&names->index, dns_names_hash(item->place, item->family, &item->address),
			  at);
	index_list_remove(&names->all, INDEX_LINKS(names->items, all), at);
	free(item->name);
	item->name = NULL;
	if (!place)
		return;
	index_list_remove(&place->names, INDEX_LINKS(names->items, same_place), at);
	if (--place->count == 0)
		dns_names_drop_place(names, place);
}

/* Returns the position in names->items for another entry of the place with this key. Removes an old
 * entry if the quota (dns_names.h) requires it. Returns HASH_INDEX_NONE if out of memory. */
static uint32_t dns_names_make_room(struct dns_names *names, uint64_t key)
{
	const struct dns_place *place = dns_names_find_place(names, key);
	size_t room = DNS_NAMES_MAX - names->count;
	uint32_t at = (uint32_t)names->count;

	if (place && place->count >= room)
		at = place->names.oldest;
	else if (room == 0)
		at = names->all.oldest;
	if (at < names->count) {
		dns_names_leave(names, at);
		return at;
	}
	if (ARRAY_RESERVE(names->items, names->capacity, names->count + 1))
		return HASH_INDEX_NONE;
	if (names->count == 0)
		names->all = INDEX_LIST_EMPTY;
	return at;
}

/* Finds the entry of the address with the wanted name. If the address has DNS_NAMES_PER_ADDRESS
 * other names instead, returns the entry to replace: the one that expires first. Otherwise, returns
 * HASH_INDEX_NONE. */
static uint32_t dns_names_find(const struct dns_names *names, const struct dns_name *wanted)
{
	uint64_t hash = dns_names_hash(wanted->place, wanted->family, &wanted->address);
	struct hash_cursor cursor;
	uint32_t at = hash_index_first(&names->index, hash, &cursor);
	uint32_t stalest = HASH_INDEX_NONE;
	unsigned int count = 0;

	for (; at != HASH_INDEX_NONE; at = hash_index_next(&names->index, &cursor)) {
		const struct dns_name *item = &names->items[at];
		if (!dns_names_is_at(item, wanted->place, wanted->family, &wanted->address))
			continue;
		if (strcmp(item->name, wanted->name) == 0)
			return at;
		count++;
		if (stalest == HASH_INDEX_NONE || item->until_ns < names->items[stalest].until_ns)
			stalest = at;
	}
	return count < DNS_NAMES_PER_ADDRESS ? HASH_INDEX_NONE : stalest;
}

/* Adds an entry at a free position. Returns 0, or -ENOMEM with the position unused. */
static int dns_names_enter(struct dns_names *names, uint32_t at, const struct dns_name *item)
{
	struct dns_place *place = dns_names_get_place(names, item->place);

	if (!place)
		return -ENOMEM;
	if (hash_index_insert(&names->index,
			      dns_names_hash(item->place, item->family, &item->address), at)) {
		if (place->count == 0)
			dns_names_drop_place(names, place);
		return -ENOMEM;
	}
	if (at == names->count)
		names->count++;
	names->items[at] = *item;
	index_list_append(&names->all, INDEX_LINKS(names->items, all), at);
	index_list_append(&place->names, INDEX_LINKS(names->items, same_place), at);
	place->count++;
	return 0;
}

/* Moves an entry to the newest end of its lists, and extends its validity. */
static void dns_names_renew(struct dns_names *names, uint32_t at, const struct dns_name *fresh)
{
	struct dns_name *item = &names->items[at];
	struct dns_place *place = dns_names_find_place(names, item->place);

	index_list_remove(&names->all, INDEX_LINKS(names->items, all), at);
	index_list_append(&names->all, INDEX_LINKS(names->items, all), at);
	if (place) {
		index_list_remove(&place->names, INDEX_LINKS(names->items, same_place), at);
		index_list_append(&place->names, INDEX_LINKS(names->items, same_place), at);
	}
	/* If the validity ended before this answer, it starts again with the answer, since the name
	 * was not valid in between. An answer that is older than the start moves the start back. */
	if (fresh->since_ns < item->since_ns || fresh->since_ns > item->until_ns)
		item->since_ns = fresh->since_ns;
	if (fresh->until_ns > item->until_ns)
		item->until_ns = fresh->until_ns;
	if (fresh->last_ns >= item->last_ns) {
		item->last_ns = fresh->last_ns;
		item->ttl_s = fresh->ttl_s;
	}
	item->cgroup_id = fresh->cgroup_id;
}

/* Stores an entry. Copies its name. */
static int dns_names_set(struct dns_names *names, struct dns_name item)
{
	uint32_t at = dns_names_find(names, &item);

	if (at != HASH_INDEX_NONE && strcmp(names->items[at].name, item.name) == 0) {
		dns_names_renew(names, at, &item);
		return 0;
	}
	item.name = memory_checked(strdup(item.name));
	if (!item.name)
		return -ENOMEM;
	item.crowded = at != HASH_INDEX_NONE;
	if (item.crowded)
		dns_names_leave(names, at);
	else
		at = dns_names_make_room(names, item.place);
	int error = at == HASH_INDEX_NONE ? -ENOMEM : dns_names_enter(names, at, &item);
	if (error)
		free(item.name);
	return error;
}

int dns_names_apply(struct dns_names *names, const struct dns_record *dns, const char *own_node)
{
	const struct dns_asker asker = {
		.node = dns->node ? dns->node : own_node,
		.namespace_name = dns->namespace_name,
		.pod = dns->pod,
		.netns = dns->netns,
	};
	struct dns_name item = {
		.name = dns->name,
		.place = dns_names_place(&asker),
		.cgroup_id = dns->cgroup_id,
		.since_ns = dns->ts_ns,
		.until_ns = dns->ts_ns
				    ? dns->ts_ns + dns->ttl_s * NS_PER_SECOND + DNS_NAMES_GRACE_NS
				    : UINT64_MAX,
		.last_ns = dns->ts_ns,
		.ttl_s = dns->ttl_s,
	};

	if (strlen(dns->name) > NAME_LENGTH_MAX)
		return 0;
	for (size_t i = 0; i < dns->addresses.count; i++) {
		if (address_parse(dns->addresses.items[i], &item.family, &item.address))
			continue;
		int error = dns_names_set(names, item);
		if (error)
			return error;
	}
	return 0;
}

/* The entries of one look-up. */
struct dns_names_found {
	const struct dns_name *items[DNS_NAMES_PER_ADDRESS];
	size_t count;
	bool crowded;
};

/* Collects the valid names of the place and address in *wanted, sorted. If wanted->cgroup_id is not
 * 0, takes a name only if the last process that asked for it was in this cgroup. */
static void dns_names_collect(const struct dns_names *names, const struct dns_name *wanted,
			      uint64_t time_ns, struct dns_names_found *found)
{
	uint64_t hash = dns_names_hash(wanted->place, wanted->family, &wanted->address);
	struct hash_cursor cursor;
	uint32_t at = hash_index_first(&names->index, hash, &cursor);

	for (; at != HASH_INDEX_NONE && found->count < DNS_NAMES_PER_ADDRESS;
	     at = hash_index_next(&names->index, &cursor)) {
		const struct dns_name *item = &names->items[at];
		if (!dns_names_is_at(item, wanted->place, wanted->family, &wanted->address) ||
		    time_ns < item->since_ns || time_ns > item->until_ns ||
		    (wanted->cgroup_id && wanted->cgroup_id != item->cgroup_id))
			continue;
		size_t to = found->count++;
		for (; to > 0 && strcmp(found->items[to - 1]->name, item->name) > 0; to--)
			found->items[to] = found->items[to - 1];
		found->items[to] = item;
		found->crowded |= item->crowded;
	}
}

static void dns_names_join(const struct dns_names_found *found, char text[DNS_NAMES_TEXT_SIZE])
{
	size_t length = 0;

	for (size_t i = 0; i < found->count; i++) {
		size_t size = strlen(found->items[i]->name);
		if (i > 0) {
			memcpy(text + length, ", ", 2);
			length += 2;
		}
		memcpy(text + length, found->items[i]->name, size);
		length += size;
	}
	if (found->crowded) {
		memcpy(text + length, ", ...", 5);
		length += 5;
	}
	text[length] = '\0';
}

/* Collects the valid names of an address for a process. */
static struct dns_names_found dns_names_search(const struct dns_names *names,
					       const struct dns_asker *asker, uint8_t family,
					       const struct flow_address *address, uint64_t time_ns)
{
	struct dns_name wanted = {.family = family, .address = *address};
	struct dns_names_found found = {.count = 0};

	if (names->count == 0)
		return found;
	wanted.place = dns_names_place(asker);
	dns_names_collect(names, &wanted, time_ns, &found);
	/* If the process asked before its pod was known, the names are stored for its network
	 * namespace. Other pods may be in it, too, so the cgroup must be the same. */
	if (found.count == 0 && asker->pod && asker->netns && asker->cgroup_id) {
		wanted.place = dns_names_netns(asker);
		wanted.cgroup_id = asker->cgroup_id;
		dns_names_collect(names, &wanted, time_ns, &found);
		wanted.cgroup_id = 0;
	}
	if (found.count == 0 && wanted.place != DNS_NAMES_NOWHERE) {
		wanted.place = DNS_NAMES_NOWHERE;
		dns_names_collect(names, &wanted, time_ns, &found);
	}
	return found;
}

bool dns_names_get(const struct dns_names *names, const struct dns_asker *asker, uint8_t family,
		   const struct flow_address *address, uint64_t time_ns,
		   char text[DNS_NAMES_TEXT_SIZE])
{
	const struct dns_names_found found =
		dns_names_search(names, asker, family, address, time_ns);

	if (found.count == 0)
		return false;
	dns_names_join(&found, text);
	return true;
}

/* Finds the last answer to the question that `item` answers, if it is later than that of `item`. */
static void dns_names_find_other(const struct dns_names *names, const struct dns_name *item,
				 struct dns_answer *out)
{
	const struct dns_place *place = dns_names_find_place(names, item->place);

	for (uint32_t at = place ? place->names.newest : HASH_INDEX_NONE; at != HASH_INDEX_NONE;
	     at = names->items[at].same_place.older) {
		const struct dns_name *other = &names->items[at];
		if (other->family != item->family || other->last_ns <= item->last_ns ||
		    other->last_ns <= out->other_ns || strcmp(other->name, item->name) != 0)
			continue;
		out->other_ns = other->last_ns;
		out->other = other->address;
	}
}

bool dns_names_answer(const struct dns_names *names, const struct dns_asker *asker, uint8_t family,
		      const struct flow_address *address, uint64_t time_ns, struct dns_answer *out)
{
	const struct dns_names_found found =
		dns_names_search(names, asker, family, address, time_ns);
	const struct dns_name *last = NULL;

	for (size_t i = 0; i < found.count; i++)
		if (!last || found.items[i]->last_ns > last->last_ns)
			last = found.items[i];
	if (!last)
		return false;
	*out = (struct dns_answer){.time_ns = last->last_ns, .ttl_s = last->ttl_s};
	if (last->last_ns)
		dns_names_find_other(names, last, out);
	return true;
}
