/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* asprintf */
#include "core/source/kube/kube_known.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/hash.h"
#include "core/base/memory.h"

void kube_known_clear_owner(struct kube_known *known)
{
	free(known->owner_kind);
	free(known->owner_name);
	known->owner_kind = NULL;
	known->owner_name = NULL;
}

/* Frees the memory that an item owns. */
static void kube_known_clear(struct kube_known *known)
{
	free(known->key);
	free(known->uid);
	free(known->service_key);
	pod_record_free(known->waiting);
	kube_known_clear_owner(known);
	service_record_free(known->service);
	kube_known_list_free(&known->slices);
}

void kube_known_list_free(struct kube_known_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		kube_known_clear(&list->items[i]);
	free(list->items);
	hash_index_clear(&list->index);
	*list = (struct kube_known_list){0};
}

char *kube_known_key(const char *namespace_name, const char *name)
{
	char *key = NULL;

	if (!namespace_name)
		return memory_checked(strdup(name));
	return asprintf(&key, "%s/%s", namespace_name, name) < 0 ? NULL : key;
}

const char *kube_known_name(const char *key)
{
	const char *slash = strchr(key, '/');

	return slash ? slash + 1 : key;
}

static uint64_t kube_known_hash(const char *key)
{
	return hash_string(hash_seed(), key);
}

static struct kube_known *kube_known_find_hashed(const struct kube_known_list *list,
						 const char *key, uint64_t hash)
{
	struct hash_cursor cursor;

	for (uint32_t at = hash_index_first(&list->index, hash, &cursor); at != HASH_INDEX_NONE;
	     at = hash_index_next(&list->index, &cursor)) {
		if (strcmp(list->items[at].key, key) == 0)
			return &list->items[at];
	}
	return NULL;
}

struct kube_known *kube_known_find(const struct kube_known_list *list, const char *key)
{
	return kube_known_find_hashed(list, key, kube_known_hash(key));
}

struct kube_known *kube_known_find_or_add(struct kube_known_list *list, const char *key)
{
	uint64_t hash = kube_known_hash(key);
	struct kube_known *known = kube_known_find_hashed(list, key, hash);

	if (known)
		return known;
	char *copy = memory_checked(strdup(key));
	if (!copy || ARRAY_RESERVE(list->items, list->capacity, list->count + 1) ||
	    hash_index_insert(&list->index, hash, (uint32_t)list->count)) {
		free(copy);
		return NULL;
	}
	known = &list->items[list->count++];
	*known = (struct kube_known){.key = copy, .listing = list->listing};
	return known;
}

void kube_known_remove(struct kube_known_list *list, struct kube_known *known)
{
	uint32_t at = (uint32_t)(known - list->items);
	uint32_t last = (uint32_t)(list->count - 1);

	hash_index_remove(&list->index, kube_known_hash(known->key), at);
	kube_known_clear(known);
	list->count--;
	if (at == last)
		return;
	hash_index_move(&list->index, kube_known_hash(list->items[last].key), last, at);
	*known = list->items[last];
}

static int kube_known_compare(const void *a, const void *b)
{
	const struct kube_known *const *first = a;
	const struct kube_known *const *second = b;

	return strcmp((*first)->key, (*second)->key);
}

const struct kube_known **kube_known_sort(const struct kube_known_list *list)
{
	const struct kube_known **sorted = memory_checked(
		reallocarray(NULL, list->count + 1, sizeof(const struct kube_known *)));

	for (size_t i = 0; sorted && i < list->count; i++)
		sorted[i] = &list->items[i];
	if (sorted && list->count > 1)
		qsort(sorted, list->count, sizeof(*sorted), kube_known_compare);
	return sorted;
}
