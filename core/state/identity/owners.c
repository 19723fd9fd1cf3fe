/* SPDX-License-Identifier: Apache-2.0 */
#include "core/state/identity/owners.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/hash.h"

static struct owner_name owners_name_of(const struct workload_record *workload)
{
	return (struct owner_name){workload->namespace_name, workload->type, workload->name,
				   strlen(workload->name)};
}

/* Returns the name of a workload's owner. Its type is NULL if the workload has no owner. */
static struct owner_name owners_owner_of(const struct workload_record *workload)
{
	const char *name = workload->owner_name;

	if (!workload->owner_kind || !name)
		return (struct owner_name){0};
	return (struct owner_name){workload->namespace_name, workload->owner_kind, name,
				   strlen(name)};
}

static uint64_t owners_hash(const struct owner_name *name)
{
	uint64_t hash = hash_string(hash_string(hash_seed(), name->namespace_name), name->type);

	return hash_bytes(hash, name->name, name->length);
}

static bool owners_equal(const struct owner_name *a, const struct owner_name *b)
{
	return a->length == b->length && memcmp(a->name, b->name, a->length) == 0 &&
	       strcmp(a->type, b->type) == 0 && strcmp(a->namespace_name, b->namespace_name) == 0;
}

static uint32_t owners_position(const struct owners *owners, const struct owner_name *name)
{
	struct hash_cursor cursor;
	uint32_t at = hash_index_first(&owners->by_name, owners_hash(name), &cursor);

	for (; at != HASH_INDEX_NONE; at = hash_index_next(&owners->by_name, &cursor)) {
		const struct owner_name found = owners_name_of(owners->items[at]);
		if (owners_equal(&found, name))
			break;
	}
	return at;
}

/* Adds the record at a position to the index by owner, or removes it from the index. */
static void owners_index_owner(struct owners *owners, uint32_t at, bool add)
{
	const struct workload_record *workload = owners->items[at];
	const struct owner_name owner = owners_owner_of(workload);

	owners->deleted += add ? workload->deleted : -(size_t)workload->deleted;
	if (!owner.type)
		return;
	/* A failure only hides the record from look-ups by owner. */
	if (add)
		(void)hash_index_insert(&owners->by_owner, owners_hash(&owner), at);
	else
		hash_index_remove(&owners->by_owner, owners_hash(&owner), at);
}

/* Returns the position of the record to replace. */
static uint32_t owners_find_spare(struct owners *owners)
{
	size_t at = owners->next;

	while (owners->deleted > 0 && !owners->items[at]->deleted)
		at = (at + 1) % owners->count;
	owners->next = (at + 1) % owners->count;
	return (uint32_t)at;
}

static int owners_add(struct owners *owners, struct workload_record *workload)
{
	const struct owner_name name = owners_name_of(workload);
	bool is_full = owners->count >= OWNERS_MAX;
	uint32_t at = is_full ? owners_find_spare(owners) : (uint32_t)owners->count;

	if (!is_full && ARRAY_RESERVE(owners->items, owners->capacity, owners->count + 1))
		return -ENOMEM;
	if (hash_index_insert(&owners->by_name, owners_hash(&name), at))
		return -ENOMEM;
	if (is_full) {
		const struct owner_name former = owners_name_of(owners->items[at]);
		hash_index_remove(&owners->by_name, owners_hash(&former), at);
		owners_index_owner(owners, at, false);
		workload_record_free(owners->items[at]);
	} else {
		owners->count++;
	}
	owners->items[at] = workload;
	owners_index_owner(owners, at, true);
	return 0;
}

/* If `fresh` is a deletion with only a name, moves the selector and the owner from `old` to it. */
static void owners_merge(struct workload_record *fresh, struct workload_record *old)
{
	if (!fresh->deleted || fresh->selector.count > 0 || fresh->expressions.count > 0)
		return;
	fresh->selector = old->selector;
	fresh->expressions = old->expressions;
	old->selector = (struct labels){0};
	old->expressions = (struct string_list){0};
	if (fresh->owner_kind || fresh->owner_name)
		return;
	fresh->owner_kind = old->owner_kind;
	fresh->owner_name = old->owner_name;
	old->owner_kind = NULL;
	old->owner_name = NULL;
}

int owners_apply(struct owners *owners, struct workload_record *workload)
{
	const struct owner_name name = owners_name_of(workload);
	uint32_t at = owners_position(owners, &name);

	if (at == HASH_INDEX_NONE)
		return owners_add(owners, workload);
	owners_index_owner(owners, at, false);
	owners_merge(workload, owners->items[at]);
	workload_record_free(owners->items[at]);
	owners->items[at] = workload;
	owners_index_owner(owners, at, true);
	return 0;
}

void owners_clear(struct owners *owners)
{
	for (size_t i = 0; i < owners->count; i++)
		workload_record_free(owners->items[i]);
	free(owners->items);
	hash_index_clear(&owners->by_name);
	hash_index_clear(&owners->by_owner);
	*owners = (struct owners){0};
}

const struct workload_record *owners_find(const struct owners *owners,
					  const struct owner_name *name)
{
	uint32_t at = owners->count > 0 ? owners_position(owners, name) : HASH_INDEX_NONE;

	return at == HASH_INDEX_NONE ? NULL : owners->items[at];
}

static int owners_compare(const struct workload_record *a, const struct workload_record *b)
{
	int order = a->deleted - b->deleted;

	if (order == 0)
		order = strcmp(a->type, b->type);
	return order != 0 ? order : strcmp(a->name, b->name);
}

const struct workload_record *owners_find_owned(const struct owners *owners,
						const struct owner_name *name)
{
	const struct workload_record *found = NULL;
	struct hash_cursor cursor;

	if (owners->by_owner.count == 0)
		return NULL;
	for (uint32_t at = hash_index_first(&owners->by_owner, owners_hash(name), &cursor);
	     at != HASH_INDEX_NONE; at = hash_index_next(&owners->by_owner, &cursor)) {
		const struct workload_record *workload = owners->items[at];
		const struct owner_name owner = owners_owner_of(workload);
		if (workload->selector.count > 0 && owners_equal(&owner, name) &&
		    (!found || owners_compare(workload, found) < 0))
			found = workload;
	}
	return found;
}
