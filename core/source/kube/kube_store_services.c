/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/kube/kube_store_services.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/cleanup.h"

static struct known *kube_store_services_parts(struct kube_store *store, const char *key)
{
	struct known *known = kube_known_find_or_add(&store->lists[KUBE_SERVICES], key);

	if (!known || known->parts)
		return known;
	known->parts = calloc(1, sizeof(*known->parts));
	if (known->parts)
		return known;
	kube_known_remove(&store->lists[KUBE_SERVICES], known);
	return NULL;
}

static void kube_store_services_mark_changed(struct kube_store *store, struct known_service *parts)
{
	parts->changed = true;
	store->services_changed = true;
}

static void kube_store_services_forget_if_empty(struct kube_store *store, struct known *known)
{
	if (!known->parts->service && known->parts->slice_count == 0)
		kube_known_remove(&store->lists[KUBE_SERVICES], known);
}

/* Removes a slice that was deleted, or belongs to another service now. */
static void kube_store_services_remove_slice(struct kube_store *store, const char *service_key,
					     const char *name)
{
	struct known *known =
		service_key ? kube_known_find(&store->lists[KUBE_SERVICES], service_key) : NULL;

	if (!known)
		return;
	struct known_service *parts = known->parts;
	for (size_t i = 0; i < parts->slice_count; i++) {
		if (strcmp(parts->slices[i].name, name) != 0)
			continue;
		free(parts->slices[i].name);
		service_record_free(parts->slices[i].slice);
		ARRAY_REMOVE(parts->slices, parts->slice_count, i);
		kube_store_services_mark_changed(store, parts);
		break;
	}
	kube_store_services_forget_if_empty(store, known);
}

/* Adds the slice to its service, sorted by name. Takes it over on success. 0 or -ENOMEM. */
static int kube_store_services_put_slice(struct known_service *parts, const char *name,
					 struct service_record *slice)
{
	size_t at =
		array_lower_bound(parts->slices, parts->slice_count, sizeof(*parts->slices), name);

	if (at < parts->slice_count && strcmp(parts->slices[at].name, name) == 0) {
		service_record_free(parts->slices[at].slice);
		parts->slices[at].slice = slice;
		return 0;
	}
	char *copy = strdup(name);
	struct known_slice *added =
		copy ? ARRAY_INSERT(parts->slices, parts->slice_count, parts->slice_capacity, at)
		     : NULL;
	if (!added) {
		free(copy);
		return -ENOMEM;
	}
	*added = (struct known_slice){.name = copy, .slice = slice};
	return 0;
}

void kube_store_services_delete_slice(struct kube_store *store, struct known *known)
{
	kube_store_services_remove_slice(store, known->service, kube_known_name(known->key));
	kube_known_remove(&store->lists[KUBE_SLICES], known);
}

static int kube_store_services_add_slice(struct kube_store *store, const char *key,
					 struct service_record *slice)
{
	struct known_list *list = &store->lists[KUBE_SLICES];
	CLEANUP_FREE char *service_key = NULL;

	if (slice->name) {
		service_key = kube_known_key(slice->namespace_name, slice->name);
		if (!service_key)
			return -ENOMEM;
	}
	struct known *known = kube_known_find_or_add(list, key);
	if (!known)
		return -ENOMEM;
	known->listing = list->listing;
	if (known->service && (!service_key || strcmp(known->service, service_key) != 0)) {
		kube_store_services_remove_slice(store, known->service, kube_known_name(key));
		free(known->service);
		known->service = NULL;
	}
	if (!service_key) {
		service_record_free(slice);
		return 0;
	}
	struct known *service = kube_store_services_parts(store, service_key);
	if (!service)
		return -ENOMEM;
	if (kube_store_services_put_slice(service->parts, kube_known_name(key), slice)) {
		kube_store_services_forget_if_empty(store, service);
		return -ENOMEM;
	}
	kube_store_services_mark_changed(store, service->parts);
	if (!known->service)
		known->service = STEAL(service_key);
	return 0;
}

int kube_store_services_apply_slice(struct kube_store *store, const char *key, const json_t *object,
				    bool deleted)
{
	struct record record;

	if (deleted) {
		struct known *known = kube_known_find(&store->lists[KUBE_SLICES], key);
		if (known)
			kube_store_services_delete_slice(store, known);
		return 0;
	}
	int error = kube_record_read(KUBE_SLICES, object, &record);
	if (error)
		return error;
	error = kube_store_services_add_slice(store, key, record.service);
	if (error)
		record_free(&record);
	return error;
}

/* Emits the deletion of the Service. Its slices are deleted separately. */
void kube_store_services_delete(struct kube_store *store, struct known *known)
{
	struct known_service *parts = known->parts;
	struct record record = {.kind = RECORD_SERVICE, .service = parts->service};

	parts->service = NULL;
	parts->changed = false;
	known->emitted = 0;
	if (record.service)
		kube_known_emit_deleted(store, &record);
	kube_store_services_forget_if_empty(store, known);
}

int kube_store_services_apply(struct kube_store *store, const char *key, const json_t *object,
			      bool deleted)
{
	struct record record;
	int error = kube_record_read(KUBE_SERVICES, object, &record);

	if (error)
		return error;
	if (deleted) {
		struct known *known = kube_known_find(&store->lists[KUBE_SERVICES], key);
		record_free(&record);
		if (known)
			kube_store_services_delete(store, known);
		return 0;
	}
	struct known *known = kube_store_services_parts(store, key);
	if (!known) {
		record_free(&record);
		return -ENOMEM;
	}
	known->listing = store->lists[KUBE_SERVICES].listing;
	service_record_free(known->parts->service);
	known->parts->service = record.service;
	kube_store_services_mark_changed(store, known->parts);
	return 0;
}

/* Makes a copy of the service with the endpoints of its slices. */
static int kube_store_services_compose(const struct known_service *parts, struct record *out)
{
	struct service_record whole = *parts->service;
	const struct record record = {.kind = RECORD_SERVICE, .service = &whole};
	size_t capacity = 0;
	int error = 0;

	for (size_t i = 0; !error && i < parts->slice_count; i++) {
		const struct service_record *slice = parts->slices[i].slice;
		size_t count = whole.endpoint_count + slice->endpoint_count;
		error = ARRAY_RESERVE(whole.endpoints, capacity, count);
		for (size_t j = 0; !error && j < slice->endpoint_count; j++)
			whole.endpoints[whole.endpoint_count++] = slice->endpoints[j];
	}
	if (!error)
		error = record_copy_body(&record, out);
	free(whole.endpoints);
	return error;
}

int kube_store_services_flush(struct kube_store *store)
{
	struct known_list *services = &store->lists[KUBE_SERVICES];
	const struct known_list *slices = &store->lists[KUBE_SLICES];

	if (!store->services_changed || (slices->available && !slices->listed))
		return 0;
	for (size_t i = 0; i < services->count; i++) {
		struct known *known = &services->items[i];
		struct record record;
		if (!known->parts->changed || !known->parts->service)
			continue;
		int error = kube_store_services_compose(known->parts, &record);
		if (error)
			return error;
		known->parts->changed = false;
		error = kube_known_emit(store, known, &record);
		if (error)
			return error;
	}
	store->services_changed = false;
	return 0;
}
