/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* asprintf */
#include "core/source/kube/kube_known.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/cleanup.h"
#include "core/base/hash.h"
#include "core/base/text.h"
#include "core/record/json/record_json.h"

void kube_known_clear_owner(struct top_owner *owner)
{
	free(owner->kind);
	free(owner->name);
	*owner = (struct top_owner){0};
}

void kube_known_clear(struct known *known)
{
	free(known->key);
	free(known->uid);
	free(known->service_key);
	pod_record_free(known->waiting);
	kube_known_clear_owner(&known->owner);
	service_record_free(known->service);
	for (size_t i = 0; i < known->slices.count; i++)
		kube_known_clear(&known->slices.items[i]);
	free(known->slices.items);
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

int kube_known_emit(struct kube_store *store, struct known *known, struct record *record)
{
	buffer_clear(&store->text);
	int error = record_json_write(&store->text, record, NULL);
	uint64_t hash = error ? 0 : hash_bytes(1, store->text.data, store->text.length) | 1;

	if (error || known->emitted == hash) {
		record_free(record);
		return error;
	}
	known->emitted = hash;
	store->emit(store->data, record);
	record->kind = RECORD_NONE;
	return 0;
}

void kube_known_emit_deleted(struct kube_store *store, struct record *record)
{
	*(bool *)record_member(record, "deleted") = true;
	store->emit(store->data, record);
	record->kind = RECORD_NONE;
}

int kube_known_emit_gone(struct kube_store *store, enum kube_kind kind, const struct known *known)
{
	CLEANUP_FREE char *namespace_name = strndup(known->key, strcspn(known->key, "/"));
	const struct kube_identity identity = {namespace_name, kube_known_name(known->key)};
	struct record record;

	if (kube_resources[kind].record == RECORD_NONE)
		return 0;
	if (!namespace_name || kube_record_new(kind, &identity, &record))
		return -ENOMEM;
	if (kind == KUBE_PODS && text_copy(known->uid, &record.pod->uid)) {
		record_free(&record);
		return -ENOMEM;
	}
	kube_known_emit_deleted(store, &record);
	return 0;
}
