/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/kube/kube_store_services.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cleanup.h"

static struct known *service_parts(struct kube_store *store, const char *key)
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

static void mark_changed(struct kube_store *store, struct known_service *parts)
{
	parts->changed = true;
	store->services_changed = true;
}

static void forget_service_if_empty(struct kube_store *store, struct known *known)
{
	if (!known->parts->service && known->parts->slice_count == 0)
		kube_known_remove(&store->lists[KUBE_SERVICES], known);
}

/* A slice is gone, or is another service's now. */
static void remove_slice(struct kube_store *store, const char *service_key, const char *name)
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
		kube_slice_free(parts->slices[i].slice);
		parts->slice_count--;
		memmove(&parts->slices[i], &parts->slices[i + 1],
			(parts->slice_count - i) * sizeof(*parts->slices));
		mark_changed(store, parts);
		break;
	}
	forget_service_if_empty(store, known);
}

/* Puts the slice among its service's, in the order of names. Takes it over if it succeeds. */
static int put_slice(struct known_service *parts, const char *name, struct kube_slice *slice)
{
	size_t at = 0;

	while (at < parts->slice_count && strcmp(parts->slices[at].name, name) < 0)
		at++;
	if (at < parts->slice_count && strcmp(parts->slices[at].name, name) == 0) {
		kube_slice_free(parts->slices[at].slice);
		parts->slices[at].slice = slice;
		return 0;
	}
	char *copy = strdup(name);
	struct known_slice *grown =
		reallocarray(parts->slices, parts->slice_count + 1, sizeof(*grown));
	if (grown)
		parts->slices = grown;
	if (!copy || !grown) {
		free(copy);
		return -ENOMEM;
	}
	memmove(&grown[at + 1], &grown[at], (parts->slice_count - at) * sizeof(*grown));
	grown[at] = (struct known_slice){.name = copy, .slice = slice};
	parts->slice_count++;
	return 0;
}

void kube_store_services_delete_slice(struct kube_store *store, struct known *known)
{
	remove_slice(store, known->service, kube_known_name(known->key));
	kube_known_remove(&store->lists[KUBE_SLICES], known);
}

static int keep_slice(struct kube_store *store, const char *key, struct kube_slice *slice)
{
	struct known_list *list = &store->lists[KUBE_SLICES];
	CLEANUP_FREE char *service_key = NULL;

	if (slice->service) {
		service_key = kube_known_key(slice->namespace_name, slice->service);
		if (!service_key)
			return -ENOMEM;
	}
	struct known *known = kube_known_find_or_add(list, key);
	if (!known)
		return -ENOMEM;
	known->listing = list->listing;
	if (known->service && (!service_key || strcmp(known->service, service_key) != 0)) {
		remove_slice(store, known->service, kube_known_name(key));
		free(known->service);
		known->service = NULL;
	}
	if (!service_key) {
		kube_slice_free(slice);
		return 0;
	}
	struct known *service = service_parts(store, service_key);
	if (!service)
		return -ENOMEM;
	if (put_slice(service->parts, kube_known_name(key), slice)) {
		forget_service_if_empty(store, service);
		return -ENOMEM;
	}
	mark_changed(store, service->parts);
	if (!known->service)
		known->service = STEAL(service_key);
	return 0;
}

int kube_store_services_apply_slice(struct kube_store *store, const char *key, const json_t *object,
				    bool deleted)
{
	struct kube_slice *slice = NULL;

	if (deleted) {
		struct known *known = kube_known_find(&store->lists[KUBE_SLICES], key);
		if (known)
			kube_store_services_delete_slice(store, known);
		return 0;
	}
	int error = kube_slice_read(object, &slice);
	if (error)
		return error;
	error = keep_slice(store, key, slice);
	if (error)
		kube_slice_free(slice);
	return error;
}

/* The Service is gone; its slices follow. */
void kube_store_services_delete(struct kube_store *store, struct known *known)
{
	struct known_service *parts = known->parts;
	struct record record = {.kind = RECORD_SERVICE, .service = parts->service};

	parts->service = NULL;
	parts->changed = false;
	known->emitted = 0;
	if (record.service) {
		record.service->deleted = true;
		store->emit(store->data, &record);
	}
	forget_service_if_empty(store, known);
}

int kube_store_services_apply(struct kube_store *store, const char *key, const json_t *object,
			      bool deleted)
{
	struct service_record *service = NULL;
	int error = kube_service_read(object, &service);

	if (error)
		return error;
	if (deleted) {
		struct known *known = kube_known_find(&store->lists[KUBE_SERVICES], key);
		service_record_free(service);
		if (known)
			kube_store_services_delete(store, known);
		return 0;
	}
	struct known *known = service_parts(store, key);
	if (!known) {
		service_record_free(service);
		return -ENOMEM;
	}
	known->listing = store->lists[KUBE_SERVICES].listing;
	service_record_free(known->parts->service);
	known->parts->service = service;
	mark_changed(store, known->parts);
	return 0;
}

/* The service and its endpoints in one record: a copy by way of the text form. */
static int compose_service(struct kube_store *store, const struct known_service *parts,
			   struct record *out)
{
	struct record plain = {.kind = RECORD_SERVICE, .service = parts->service};
	struct record_json_error why;

	store->text.length = 0;
	int error = record_json_write(&store->text, &plain, NULL);
	if (!error)
		error = record_json_read(store->text.data, store->text.length - 1, out, &why);
	for (size_t i = 0; !error && i < parts->slice_count; i++)
		error = kube_service_add_endpoints(out->service, parts->slices[i].slice);
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
		struct record record = {.kind = RECORD_NONE};
		if (!known->parts->changed || !known->parts->service)
			continue;
		int error = compose_service(store, known->parts, &record);
		if (error) {
			record_free(&record);
			return error;
		}
		known->parts->changed = false;
		error = kube_known_emit(store, &known->emitted, &record);
		if (error)
			return error;
	}
	store->services_changed = false;
	return 0;
}
