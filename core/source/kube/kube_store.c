/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* asprintf */
#include "core/source/kube/kube_store.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cleanup.h"
#include "core/base/hash.h"
#include "core/source/kube/kube_store_internal.h"

int kube_store_new(void (*emit)(void *data, struct record *record), void *data,
		   struct kube_store **out)
{
	struct kube_store *store = calloc(1, sizeof(*store));

	if (!store)
		return -ENOMEM;
	store->emit = emit;
	store->data = data;
	for (size_t kind = 0; kind < KUBE_KINDS; kind++)
		store->lists[kind].available = true;
	*out = store;
	return 0;
}

static void clear_known(struct known *known)
{
	free(known->key);
	free(known->uid);
	free(known->service);
	free(known->waiting);
	kube_store_clear_owner(&known->owner);
	kube_store_free_parts(known->parts);
}

void kube_store_free(struct kube_store *store)
{
	if (!store)
		return;
	for (size_t kind = 0; kind < KUBE_KINDS; kind++) {
		for (size_t i = 0; i < store->lists[kind].count; i++)
			clear_known(&store->lists[kind].items[i]);
		free(store->lists[kind].items);
	}
	free(store->text.data);
	free(store);
}

/* --- the list of what is known --- */

char *kube_store_key(const char *namespace_name, const char *name)
{
	char *key = NULL;

	if (!namespace_name)
		return strdup(name);
	return asprintf(&key, "%s/%s", namespace_name, name) < 0 ? NULL : key;
}

/* The index of the first item whose key is not below `key`. */
static size_t lower_bound(const struct known_list *list, const char *key)
{
	size_t low = 0;
	size_t high = list->count;

	/* The usual case: behind the last one. */
	if (high > 0 && strcmp(list->items[high - 1].key, key) < 0)
		return high;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (strcmp(list->items[middle].key, key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct known *kube_store_find(const struct known_list *list, const char *key)
{
	size_t at = lower_bound(list, key);

	return at < list->count && strcmp(list->items[at].key, key) == 0 ? &list->items[at] : NULL;
}

struct known *kube_store_find_or_add(struct known_list *list, const char *key)
{
	size_t at = lower_bound(list, key);

	if (at < list->count && strcmp(list->items[at].key, key) == 0)
		return &list->items[at];
	if (list->count == list->capacity) {
		size_t capacity = list->capacity + list->capacity / 2 + 16;
		struct known *grown = reallocarray(list->items, capacity, sizeof(*grown));
		if (!grown)
			return NULL;
		list->items = grown;
		list->capacity = capacity;
	}
	char *copy = strdup(key);
	if (!copy)
		return NULL;
	memmove(&list->items[at + 1], &list->items[at], (list->count - at) * sizeof(*list->items));
	list->items[at] = (struct known){.key = copy, .listing = list->listing};
	list->count++;
	return &list->items[at];
}

void kube_store_remove(struct known_list *list, struct known *known)
{
	size_t at = (size_t)(known - list->items);

	clear_known(known);
	list->count--;
	memmove(known, known + 1, (list->count - at) * sizeof(*known));
}

/* --- telling --- */

/* Tells the record unless the same was told (told NULL: always). Takes it over in any case. 0 or
 * -ENOMEM. */
int kube_store_tell(struct kube_store *store, uint64_t *told, struct record *record)
{
	store->text.length = 0;
	int error = told ? record_json_write(&store->text, record, NULL) : 0;
	uint64_t hash =
		error || !told ? 0 : hash_bytes(1, store->text.data, store->text.length) | 1;
	if (error || (told && *told == hash)) {
		record_free(record);
		return error;
	}
	if (told)
		*told = hash;
	store->emit(store->data, record);
	return 0;
}

const char *kube_store_name(const char *key)
{
	const char *slash = strchr(key, '/');

	return slash ? slash + 1 : key;
}

static char *namespace_in(const char *key)
{
	return strndup(key, strcspn(key, "/"));
}

int kube_store_tell_gone(struct kube_store *store, enum kube_kind kind, const struct known *known)
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
		record.pod->namespace_name = namespace_in(key);
		record.pod->name = strdup(kube_store_name(key));
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

/* --- namespaces and nodes --- */

static int apply_plain(struct kube_store *store, enum kube_kind kind, const char *key,
		       const json_t *object, bool deleted)
{
	struct known_list *list = &store->lists[kind];
	struct record record = {
		.kind = kind == KUBE_NODES ? RECORD_NODE : RECORD_NAMESPACE,
	};
	int error = kind == KUBE_NODES ? kube_node_read(object, &record.node)
				       : kube_namespace_read(object, &record.namespace_record);

	if (error)
		return error;
	if (deleted) {
		struct known *known = kube_store_find(list, key);
		if (kind == KUBE_NODES)
			record.node->deleted = true;
		else
			record.namespace_record->deleted = true;
		if (known)
			kube_store_remove(list, known);
		return kube_store_tell(store, NULL, &record);
	}
	struct known *known = kube_store_find_or_add(list, key);
	if (!known) {
		record_free(&record);
		return -ENOMEM;
	}
	known->listing = list->listing;
	return kube_store_tell(store, &known->told, &record);
}

/* --- the whole --- */

int kube_store_apply(struct kube_store *store, enum kube_kind kind, const json_t *object,
		     bool deleted)
{
	struct kube_identity identity;
	int error = kube_identity_read(object, &identity);

	if (error)
		return error;
	CLEANUP_FREE char *key = kube_store_key(identity.namespace_name, identity.name);
	if (!key)
		return -ENOMEM;
	switch (kind) {
	case KUBE_NAMESPACES:
	case KUBE_NODES:
		return apply_plain(store, kind, key, object, deleted);
	case KUBE_PODS:
		return kube_store_apply_pod(store, key, object, deleted);
	case KUBE_REPLICASETS:
	case KUBE_JOBS:
		return kube_store_apply_owner(store, kind, key, object, deleted);
	case KUBE_SLICES:
		return kube_store_apply_slice(store, key, object, deleted);
	case KUBE_SERVICES:
		return kube_store_apply_service(store, key, object, deleted);
	case KUBE_KINDS:
		break;
	}
	return -EINVAL;
}

void kube_store_list_begin(struct kube_store *store, enum kube_kind kind)
{
	store->lists[kind].listing++;
}

/* Removes one object that a list no longer had. */
static int remove_vanished(struct kube_store *store, enum kube_kind kind, struct known *known)
{
	int error = 0;

	switch (kind) {
	case KUBE_PODS:
		kube_store_stop_waiting(store, known);
		error = kube_store_tell_gone(store, kind, known);
		kube_store_remove(&store->lists[kind], known);
		break;
	case KUBE_SERVICES:
		kube_store_delete_service(store, known);
		break;
	case KUBE_SLICES:
		kube_store_delete_slice(store, known);
		break;
	case KUBE_NAMESPACES:
	case KUBE_NODES:
	case KUBE_REPLICASETS:
	case KUBE_JOBS:
	case KUBE_KINDS:
		error = kube_store_tell_gone(store, kind, known);
		kube_store_remove(&store->lists[kind], known);
		break;
	}
	return error;
}

int kube_store_list_end(struct kube_store *store, enum kube_kind kind)
{
	struct known_list *list = &store->lists[kind];
	int error = 0;

	list->listed = true;
	/* From the end: removing moves what is behind, and that has been looked at. */
	for (size_t i = list->count; i-- > 0;) {
		struct known *known = &list->items[i];
		if (known->listing == list->listing)
			continue;
		/* Slices without their Service are no service that could vanish. */
		if (kind == KUBE_SERVICES && !known->parts->service)
			continue;
		int failed = remove_vanished(store, kind, known);
		if (failed)
			error = failed;
	}
	return error;
}

void kube_store_set_available(struct kube_store *store, enum kube_kind kind, bool available)
{
	store->lists[kind].available = available;
}

size_t kube_store_count(const struct kube_store *store, enum kube_kind kind)
{
	return store->lists[kind].count;
}
