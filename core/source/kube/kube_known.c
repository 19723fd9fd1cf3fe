/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* asprintf */
#include "core/source/kube/kube_known.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/hash.h"

void kube_known_clear_owner(struct top_owner *owner)
{
	free(owner->kind);
	free(owner->name);
	*owner = (struct top_owner){0};
}

void kube_known_free_parts(struct known_service *parts)
{
	if (!parts)
		return;
	service_record_free(parts->service);
	for (size_t i = 0; i < parts->slice_count; i++) {
		free(parts->slices[i].name);
		kube_slice_free(parts->slices[i].slice);
	}
	free(parts->slices);
	free(parts);
}

void kube_known_clear(struct known *known)
{
	free(known->key);
	free(known->uid);
	free(known->service);
	free(known->waiting);
	kube_known_clear_owner(&known->owner);
	kube_known_free_parts(known->parts);
}

/* --- the list --- */

char *kube_known_key(const char *namespace_name, const char *name)
{
	char *key = NULL;

	if (!namespace_name)
		return strdup(name);
	return asprintf(&key, "%s/%s", namespace_name, name) < 0 ? NULL : key;
}

const char *kube_known_name(const char *key)
{
	const char *slash = strchr(key, '/');

	return slash ? slash + 1 : key;
}

static size_t kube_known_lower_bound(const struct known_list *list, const char *key)
{
	return array_lower_bound(list->items, list->count, sizeof(*list->items), key);
}

struct known *kube_known_find(const struct known_list *list, const char *key)
{
	size_t at = kube_known_lower_bound(list, key);

	return at < list->count && strcmp(list->items[at].key, key) == 0 ? &list->items[at] : NULL;
}

struct known *kube_known_find_or_add(struct known_list *list, const char *key)
{
	size_t at = kube_known_lower_bound(list, key);

	if (at < list->count && strcmp(list->items[at].key, key) == 0)
		return &list->items[at];
	char *copy = strdup(key);
	struct known *known =
		copy ? ARRAY_INSERT(list->items, list->count, list->capacity, at) : NULL;
	if (known)
		*known = (struct known){.key = copy, .listing = list->listing};
	else
		free(copy);
	return known;
}

void kube_known_remove(struct known_list *list, struct known *known)
{
	size_t at = (size_t)(known - list->items);

	kube_known_clear(known);
	ARRAY_REMOVE(list->items, list->count, at);
}

/* --- records --- */

int kube_known_emit(struct kube_store *store, uint64_t *emitted, struct record *record)
{
	store->text.length = 0;
	int error = emitted ? record_json_write(&store->text, record, NULL) : 0;
	uint64_t hash =
		error || !emitted ? 0 : hash_bytes(1, store->text.data, store->text.length) | 1;
	if (error || (emitted && *emitted == hash)) {
		record_free(record);
		return error;
	}
	if (emitted)
		*emitted = hash;
	store->emit(store->data, record);
	return 0;
}

static char *kube_known_namespace(const char *key)
{
	return strndup(key, strcspn(key, "/"));
}

int kube_known_emit_gone(struct kube_store *store, enum kube_kind kind, const struct known *known)
{
	const char *key = known->key;
	struct record record = {.kind = RECORD_NONE};
	bool named = false;

	switch (kind) {
	case KUBE_PODS:
		record.pod = calloc(1, sizeof(*record.pod));
		if (!record.pod)
			return -ENOMEM;
		record.kind = RECORD_POD;
		record.pod->deleted = true;
		record.pod->namespace_name = kube_known_namespace(key);
		record.pod->name = strdup(kube_known_name(key));
		record.pod->uid = known->uid ? strdup(known->uid) : NULL;
		named = record.pod->namespace_name && record.pod->name &&
			(record.pod->uid || !known->uid);
		break;
	case KUBE_NAMESPACES:
		record.namespace_record = calloc(1, sizeof(*record.namespace_record));
		if (!record.namespace_record)
			return -ENOMEM;
		record.kind = RECORD_NAMESPACE;
		record.namespace_record->deleted = true;
		record.namespace_record->name = strdup(key);
		named = record.namespace_record->name;
		break;
	case KUBE_NODES:
		record.node = calloc(1, sizeof(*record.node));
		if (!record.node)
			return -ENOMEM;
		record.kind = RECORD_NODE;
		record.node->deleted = true;
		record.node->name = strdup(key);
		named = record.node->name;
		break;
	case KUBE_REPLICASETS:
	case KUBE_JOBS:
	case KUBE_SLICES:
	case KUBE_SERVICES:
	case KUBE_KINDS:
		return 0;
	}
	if (!named) {
		record_free(&record);
		return -ENOMEM;
	}
	store->emit(store->data, &record);
	return 0;
}
