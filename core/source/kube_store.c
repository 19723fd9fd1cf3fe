/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* asprintf */
#include "core/source/kube_store.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cleanup.h"
#include "core/base/hash.h"
#include "core/record/record_json.h"
#include "core/source/kube_objects.h"

/* Pods that wait for their ReplicaSet or Job: more are told once only, with the owner that they
 * name. */
#define MAX_WAITING 5000

/* An owner of owners: of a ReplicaSet or a Job. Both NULL: it has none. */
struct top_owner {
	char *kind;
	char *name;
};

struct known_slice {
	char *name;
	struct kube_slice *slice;
};

/* A service in parts. */
struct known_service {
	struct service_record *service; /* without endpoints; NULL: only slices are known */
	struct known_slice *slices;
	size_t slice_count;
	bool changed; /* since it was told */
};

/* One object. */
struct known {
	char *key;                   /* "namespace/name", or "name" */
	char *uid;                   /* pods only */
	char *service;               /* slices only: the key of their service; NULL: nobody's */
	char *waiting;               /* pods only: the record as JSON, until its owner is known */
	uint64_t told;               /* hash of the record that was told; 0: none was */
	uint32_t listing;            /* number of the list that it was last in */
	struct top_owner owner;      /* pods: as resolved; ReplicaSets and Jobs: their own */
	struct known_service *parts; /* services only */
};

/* Sorted by key: lists come nearly sorted, and so are appended to. */
struct known_list {
	struct known *items;
	size_t count;
	size_t capacity;
	uint32_t listing;
	bool listed; /* a whole list has come */
	bool available;
};

struct kube_store {
	struct known_list lists[KUBE_KINDS];
	void (*emit)(void *data, struct record *record);
	void *data;
	struct record_json_buffer text;
	size_t waiting;
	bool services_changed;
};

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

static void clear_owner(struct top_owner *owner)
{
	free(owner->kind);
	free(owner->name);
	*owner = (struct top_owner){0};
}

static void free_parts(struct known_service *parts)
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

static void clear_known(struct known *known)
{
	free(known->key);
	free(known->uid);
	free(known->service);
	free(known->waiting);
	clear_owner(&known->owner);
	free_parts(known->parts);
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

static char *key_of(const char *namespace_name, const char *name)
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

static struct known *find(const struct known_list *list, const char *key)
{
	size_t at = lower_bound(list, key);

	return at < list->count && strcmp(list->items[at].key, key) == 0 ? &list->items[at] : NULL;
}

/* The item of the key, made where there is none. NULL without memory. Moves the others. */
static struct known *find_or_add(struct known_list *list, const char *key)
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

static void remove_known(struct known_list *list, struct known *known)
{
	size_t at = (size_t)(known - list->items);

	clear_known(known);
	list->count--;
	memmove(known, known + 1, (list->count - at) * sizeof(*known));
}

/* --- telling --- */

/* Tells the record unless the same was told (told NULL: always). Takes it over in any case. 0 or
 * -ENOMEM. */
static int tell(struct kube_store *store, uint64_t *told, struct record *record)
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

static const char *name_in(const char *key)
{
	const char *slash = strchr(key, '/');

	return slash ? slash + 1 : key;
}

static char *namespace_in(const char *key)
{
	return strndup(key, strcspn(key, "/"));
}

/* Tells that something is gone of which no more than the name is known. */
static int tell_gone(struct kube_store *store, enum kube_kind kind, const char *key)
{
	struct record record = {.kind = RECORD_NONE};
	bool named = false;

	switch (kind) {
	case KUBE_PODS:
		record.pod = calloc(1, sizeof(*record.pod));
		if (!record.pod)
			return -ENOMEM;
		record.kind = RECORD_POD;
		/* Without its UID: then labels and owner stay as they are known. */
		record.pod->deleted = true;
		record.pod->namespace_name = namespace_in(key);
		record.pod->name = strdup(name_in(key));
		named = record.pod->namespace_name && record.pod->name;
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
		struct known *known = find(list, key);
		if (kind == KUBE_NODES)
			record.node->deleted = true;
		else
			record.namespace_record->deleted = true;
		if (known)
			remove_known(list, known);
		return tell(store, NULL, &record);
	}
	struct known *known = find_or_add(list, key);
	if (!known) {
		record_free(&record);
		return -ENOMEM;
	}
	known->listing = list->listing;
	return tell(store, &known->told, &record);
}

/* --- pods and their owners --- */

static enum kube_kind owner_list(const char *kind)
{
	if (kind && strcmp(kind, "ReplicaSet") == 0)
		return KUBE_REPLICASETS;
	if (kind && strcmp(kind, "Job") == 0)
		return KUBE_JOBS;
	return KUBE_KINDS;
}

static int copy_owner(const struct top_owner *from, struct top_owner *to)
{
	struct top_owner copy = {.kind = strdup(from->kind), .name = strdup(from->name)};

	if (!copy.kind || !copy.name) {
		clear_owner(&copy);
		return -ENOMEM;
	}
	clear_owner(to);
	*to = copy;
	return 0;
}

/* Names the owner's owner. 1: done, or there is none to name; 0: not known yet; -ENOMEM. */
static int resolve_owner(const struct kube_store *store, struct pod_record *pod,
			 struct top_owner *resolved)
{
	enum kube_kind kind = owner_list(pod->owner_kind);

	if (kind == KUBE_KINDS)
		return 1;
	CLEANUP_FREE char *key = key_of(pod->namespace_name, pod->owner_name);
	if (!key)
		return -ENOMEM;
	const struct known *owner = find(&store->lists[kind], key);
	if (owner && !owner->owner.kind)
		return 1;
	if (owner && copy_owner(&owner->owner, resolved))
		return -ENOMEM;
	/* A ReplicaSet may be deleted before its last pods: they keep the owner they had. */
	if (!resolved->kind)
		return 0;
	struct top_owner copy = {0};
	if (copy_owner(resolved, &copy))
		return -ENOMEM;
	free(pod->owner_kind);
	free(pod->owner_name);
	pod->owner_kind = copy.kind;
	pod->owner_name = copy.name;
	return 1;
}

static void stop_waiting(struct kube_store *store, struct known *known)
{
	if (!known->waiting)
		return;
	free(known->waiting);
	known->waiting = NULL;
	store->waiting--;
}

/* Keeps the pod's record for the day when its owner is known. */
static int wait_for_owner(struct kube_store *store, struct known *known,
			  const struct record *record)
{
	const struct known_list *owners = &store->lists[owner_list(record->pod->owner_kind)];

	stop_waiting(store, known);
	if (!owners->available || store->waiting >= MAX_WAITING)
		return 0;
	store->text.length = 0;
	int error = record_json_write(&store->text, record, NULL);
	if (error)
		return error;
	known->waiting = strdup(store->text.data);
	if (!known->waiting)
		return -ENOMEM;
	store->waiting++;
	return 0;
}

static int delete_pod(struct kube_store *store, struct known *known, struct record *record)
{
	/* Watchers often get the last state; the end of a former life of the name tells nothing
	 * about this one. */
	if (known->uid && record->pod->uid && strcmp(known->uid, record->pod->uid) != 0) {
		record_free(record);
		return 0;
	}
	int resolved = resolve_owner(store, record->pod, &known->owner);
	if (resolved < 0) {
		record_free(record);
		return resolved;
	}
	record->pod->deleted = true;
	stop_waiting(store, known);
	remove_known(&store->lists[KUBE_PODS], known);
	return tell(store, NULL, record);
}

/* The name was given to another pod while nobody watched. */
static int replace_pod(struct kube_store *store, struct known *known, const char *uid)
{
	stop_waiting(store, known);
	clear_owner(&known->owner);
	free(known->uid);
	known->uid = strdup(uid);
	known->told = 0;
	return known->uid ? tell_gone(store, KUBE_PODS, known->key) : -ENOMEM;
}

static int apply_pod(struct kube_store *store, const char *key, const json_t *object, bool deleted)
{
	struct known_list *list = &store->lists[KUBE_PODS];
	struct record record = {.kind = RECORD_POD};
	int error = kube_pod_read(object, &record.pod);

	if (error)
		return error;
	struct known *known = deleted ? find(list, key) : find_or_add(list, key);
	if (deleted && known)
		return delete_pod(store, known, &record);
	if (deleted) {
		record.pod->deleted = true;
		return tell(store, NULL, &record);
	}
	if (!known) {
		error = -ENOMEM;
		goto fail;
	}
	known->listing = list->listing;
	if (record.pod->uid && known->uid && strcmp(known->uid, record.pod->uid) != 0) {
		error = replace_pod(store, known, record.pod->uid);
	} else if (record.pod->uid && !known->uid) {
		known->uid = strdup(record.pod->uid);
		error = known->uid ? 0 : -ENOMEM;
	}
	if (error)
		goto fail;
	int resolved = resolve_owner(store, record.pod, &known->owner);
	error = resolved < 0 ? resolved : 0;
	if (resolved == 0)
		error = wait_for_owner(store, known, &record);
	else if (resolved > 0)
		stop_waiting(store, known);
	if (error)
		goto fail;
	return tell(store, &known->told, &record);

fail:
	record_free(&record);
	return error;
}

/* Tells a waiting pod again if its owner is known by now. */
static int retry_waiting(struct kube_store *store, struct known *known)
{
	struct record record = {.kind = RECORD_NONE};
	struct record_json_error why;
	int error = record_json_read(known->waiting, strcspn(known->waiting, "\n"), &record, &why);

	if (error)
		return error == -ENOMEM ? error : 0;
	int resolved = resolve_owner(store, record.pod, &known->owner);
	if (resolved <= 0) {
		record_free(&record);
		return resolved;
	}
	stop_waiting(store, known);
	return tell(store, &known->told, &record);
}

static int apply_owner(struct kube_store *store, enum kube_kind kind, const char *key,
		       const json_t *object, bool deleted)
{
	struct known_list *list = &store->lists[kind];
	struct kube_owner owner;

	if (deleted) {
		struct known *gone = find(list, key);
		if (gone)
			remove_known(list, gone);
		return 0;
	}
	struct known *known = find_or_add(list, key);
	if (!known)
		return -ENOMEM;
	bool is_new = known->told == 0;
	known->listing = list->listing;
	known->told = 1;
	kube_owner_read(object, &owner);
	clear_owner(&known->owner);
	if (owner.kind) {
		known->owner =
			(struct top_owner){.kind = strdup(owner.kind), .name = strdup(owner.name)};
		if (!known->owner.kind || !known->owner.name) {
			clear_owner(&known->owner);
			return -ENOMEM;
		}
	}
	struct known_list *pods = &store->lists[KUBE_PODS];
	for (size_t i = 0; is_new && store->waiting > 0 && i < pods->count; i++) {
		int error = pods->items[i].waiting ? retry_waiting(store, &pods->items[i]) : 0;
		if (error)
			return error;
	}
	return 0;
}

/* --- services and their slices --- */

static struct known *service_parts(struct kube_store *store, const char *key)
{
	struct known *known = find_or_add(&store->lists[KUBE_SERVICES], key);

	if (!known || known->parts)
		return known;
	known->parts = calloc(1, sizeof(*known->parts));
	if (known->parts)
		return known;
	remove_known(&store->lists[KUBE_SERVICES], known);
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
		remove_known(&store->lists[KUBE_SERVICES], known);
}

/* A slice is gone, or is another service's now. */
static void remove_slice(struct kube_store *store, const char *service_key, const char *name)
{
	struct known *known = service_key ? find(&store->lists[KUBE_SERVICES], service_key) : NULL;

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

static void forget_slice(struct kube_store *store, struct known *known)
{
	remove_slice(store, known->service, name_in(known->key));
	remove_known(&store->lists[KUBE_SLICES], known);
}

static int keep_slice(struct kube_store *store, const char *key, struct kube_slice *slice)
{
	struct known_list *list = &store->lists[KUBE_SLICES];
	CLEANUP_FREE char *service_key = NULL;

	if (slice->service) {
		service_key = key_of(slice->namespace_name, slice->service);
		if (!service_key)
			return -ENOMEM;
	}
	struct known *known = find_or_add(list, key);
	if (!known)
		return -ENOMEM;
	known->listing = list->listing;
	if (known->service && (!service_key || strcmp(known->service, service_key) != 0)) {
		remove_slice(store, known->service, name_in(key));
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
	if (put_slice(service->parts, name_in(key), slice)) {
		forget_service_if_empty(store, service);
		return -ENOMEM;
	}
	mark_changed(store, service->parts);
	if (!known->service)
		known->service = STEAL(service_key);
	return 0;
}

static int apply_slice(struct kube_store *store, const char *key, const json_t *object,
		       bool deleted)
{
	struct kube_slice *slice = NULL;

	if (deleted) {
		struct known *known = find(&store->lists[KUBE_SLICES], key);
		if (known)
			forget_slice(store, known);
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
static void delete_service(struct kube_store *store, struct known *known)
{
	struct known_service *parts = known->parts;
	struct record record = {.kind = RECORD_SERVICE, .service = parts->service};

	parts->service = NULL;
	parts->changed = false;
	known->told = 0;
	if (record.service) {
		record.service->deleted = true;
		store->emit(store->data, &record);
	}
	forget_service_if_empty(store, known);
}

static int apply_service(struct kube_store *store, const char *key, const json_t *object,
			 bool deleted)
{
	struct service_record *service = NULL;
	int error = kube_service_read(object, &service);

	if (error)
		return error;
	if (deleted) {
		struct known *known = find(&store->lists[KUBE_SERVICES], key);
		service_record_free(service);
		if (known)
			delete_service(store, known);
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

int kube_store_flush(struct kube_store *store)
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
		error = tell(store, &known->told, &record);
		if (error)
			return error;
	}
	store->services_changed = false;
	return 0;
}

/* --- the whole --- */

int kube_store_apply(struct kube_store *store, enum kube_kind kind, const json_t *object,
		     bool deleted)
{
	struct kube_identity identity;
	int error = kube_identity_read(object, &identity);

	if (error)
		return error;
	CLEANUP_FREE char *key = key_of(identity.namespace_name, identity.name);
	if (!key)
		return -ENOMEM;
	switch (kind) {
	case KUBE_NAMESPACES:
	case KUBE_NODES:
		return apply_plain(store, kind, key, object, deleted);
	case KUBE_PODS:
		return apply_pod(store, key, object, deleted);
	case KUBE_REPLICASETS:
	case KUBE_JOBS:
		return apply_owner(store, kind, key, object, deleted);
	case KUBE_SLICES:
		return apply_slice(store, key, object, deleted);
	case KUBE_SERVICES:
		return apply_service(store, key, object, deleted);
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
		stop_waiting(store, known);
		error = tell_gone(store, kind, known->key);
		remove_known(&store->lists[kind], known);
		break;
	case KUBE_SERVICES:
		delete_service(store, known);
		break;
	case KUBE_SLICES:
		forget_slice(store, known);
		break;
	case KUBE_NAMESPACES:
	case KUBE_NODES:
	case KUBE_REPLICASETS:
	case KUBE_JOBS:
	case KUBE_KINDS:
		error = tell_gone(store, kind, known->key);
		remove_known(&store->lists[kind], known);
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
