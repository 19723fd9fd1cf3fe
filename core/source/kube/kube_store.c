/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/kube/kube_store.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cleanup.h"
#include "core/source/kube/kube_known.h"
#include "core/source/kube/kube_store_pods.h"
#include "core/source/kube/kube_store_services.h"

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

void kube_store_free(struct kube_store *store)
{
	if (!store)
		return;
	for (size_t kind = 0; kind < KUBE_KINDS; kind++) {
		for (size_t i = 0; i < store->lists[kind].count; i++)
			kube_known_clear(&store->lists[kind].items[i]);
		free(store->lists[kind].items);
	}
	buffer_free(&store->text);
	free(store);
}

/* --- namespaces and nodes --- */

static int kube_store_apply_plain(struct kube_store *store, enum kube_kind kind, const char *key,
				  const json_t *object, bool deleted)
{
	struct known_list *list = &store->lists[kind];
	struct record record;
	int error = kube_record_read(kind, object, &record);

	if (error)
		return error;
	struct known *known =
		deleted ? kube_known_find(list, key) : kube_known_find_or_add(list, key);
	if (deleted) {
		if (known)
			kube_known_remove(list, known);
		kube_known_emit_deleted(store, &record);
		return 0;
	}
	if (!known) {
		record_free(&record);
		return -ENOMEM;
	}
	known->listing = list->listing;
	return kube_known_emit(store, known, &record);
}

/* --- all kinds --- */

int kube_store_apply(struct kube_store *store, enum kube_kind kind, const json_t *object,
		     bool deleted)
{
	struct kube_identity identity;
	int error = kube_identity_read(object, &identity);

	if (error)
		return error;
	CLEANUP_FREE char *key = kube_known_key(identity.namespace_name, identity.name);
	if (!key)
		return -ENOMEM;
	switch (kind) {
	case KUBE_NAMESPACES:
	case KUBE_NODES:
		return kube_store_apply_plain(store, kind, key, object, deleted);
	case KUBE_PODS:
		return kube_store_pods_apply(store, key, object, deleted);
	case KUBE_REPLICASETS:
	case KUBE_JOBS:
		return kube_store_pods_apply_owner(store, kind, key, object, deleted);
	case KUBE_SLICES:
		return kube_store_services_apply_slice(store, key, object, deleted);
	case KUBE_SERVICES:
		return kube_store_services_apply(store, key, object, deleted);
	case KUBE_KINDS:
		break;
	}
	return -EINVAL;
}

void kube_store_list_begin(struct kube_store *store, enum kube_kind kind)
{
	store->lists[kind].listing++;
}

/* Removes one object that was not in the latest list. */
static int kube_store_remove_vanished(struct kube_store *store, enum kube_kind kind,
				      struct known *known)
{
	if (kind == KUBE_SERVICES) {
		kube_store_services_delete(store, known);
		return 0;
	}
	if (kind == KUBE_SLICES) {
		kube_store_services_delete_slice(store, known);
		return 0;
	}
	kube_store_pods_stop_waiting(store, known);
	int error = kube_known_emit_gone(store, kind, known);
	kube_known_remove(&store->lists[kind], known);
	return error;
}

int kube_store_list_end(struct kube_store *store, enum kube_kind kind)
{
	struct known_list *list = &store->lists[kind];
	int error = 0;

	list->listed = true;
	/* From the end, since removing an item moves those after it. */
	for (size_t i = list->count; i-- > 0;) {
		struct known *known = &list->items[i];
		if (known->listing == list->listing)
			continue;
		/* Without a Service there are only slices, which end with their own list. */
		if (kind == KUBE_SERVICES && !known->parts->service)
			continue;
		int failed = kube_store_remove_vanished(store, kind, known);
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

int kube_store_flush(struct kube_store *store)
{
	return kube_store_services_flush(store);
}
