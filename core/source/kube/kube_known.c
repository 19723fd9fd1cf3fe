/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* asprintf */
#include "core/source/kube/kube_known.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
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

struct kube_known *kube_known_find(const struct kube_known_list *list, const char *key)
{
	size_t at = array_lower_bound(list->items, list->count, sizeof(*list->items), key);

	return at < list->count && strcmp(list->items[at].key, key) == 0 ? &list->items[at] : NULL;
}

struct kube_known *kube_known_find_or_add(struct kube_known_list *list, const char *key)
{
	size_t at = array_lower_bound(list->items, list->count, sizeof(*list->items), key);

	if (at < list->count && strcmp(list->items[at].key, key) == 0)
		return &list->items[at];
	char *copy = memory_checked(strdup(key));
	struct kube_known *known =
		copy ? ARRAY_INSERT(list->items, list->count, list->capacity, at) : NULL;
	if (known)
		*known = (struct kube_known){.key = copy, .listing = list->listing};
	else
		free(copy);
	return known;
}

void kube_known_remove(struct kube_known_list *list, struct kube_known *known)
{
	size_t at = (size_t)(known - list->items);

	kube_known_clear(known);
	ARRAY_REMOVE(list->items, list->count, at);
}
