/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/kube/kube_store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/buffer.h"
#include "core/base/cleanup.h"
#include "core/base/hash.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/record/json/record_json.h"
#include "core/source/kube/kube_known.h"
#include "core/source/kube/kube_objects.h"
#include "core/source/kube/kube_range.h"

/* The largest number of pods that wait for the owner of their ReplicaSet or Job. Further pods keep
 * the ReplicaSet or Job as their owner. */
#define WAITING_MAX 5000

struct kube_store {
	struct kube_known_list lists[KUBE_KINDS];
	void (*emit)(void *data, struct record *record);
	void *data;
	struct buffer text; /* reused by kube_store_emit */
	size_t waiting;     /* pods whose owner is not known yet */
	bool services_changed;
};

/* --- records --- */

/* Emits the record unless it equals the last one emitted for the item. The record is RECORD_NONE
 * afterwards in any case. Returns 0 or -ENOMEM. */
static int kube_store_emit(struct kube_store *store, struct kube_known *known,
			   struct record *record)
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

/* Emits the record as that of a deleted object. The record is RECORD_NONE afterwards. */
static void kube_store_emit_deleted(struct kube_store *store, struct record *record)
{
	*(bool *)record_member(record, "deleted") = true;
	store->emit(store->data, record);
	record->kind = RECORD_NONE;
}

/* Emits the deletion of an object of which only the key and the UID are known. Returns 0 or
 * -ENOMEM. */
static int kube_store_emit_gone(struct kube_store *store, enum kube_kind kind,
				const struct kube_known *known)
{
	CLEANUP_FREE char *namespace_name =
		memory_checked(strndup(known->key, strcspn(known->key, "/")));
	const struct kube_identity identity = {namespace_name, kube_known_name(known->key)};
	struct record record;

	if (!namespace_name || kube_record_new(kind, &identity, &record))
		return -ENOMEM;
	if (kind == KUBE_PODS && text_copy(known->uid, &record.pod->uid)) {
		record_free(&record);
		return -ENOMEM;
	}
	kube_store_emit_deleted(store, &record);
	return 0;
}

/* --- the store --- */

int kube_store_new(void (*emit)(void *data, struct record *record), void *data,
		   struct kube_store **out)
{
	struct kube_store *store = memory_checked(calloc(1, sizeof(*store)));

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
	for (size_t kind = 0; kind < KUBE_KINDS; kind++)
		kube_known_list_free(&store->lists[kind]);
	buffer_free(&store->text);
	free(store);
}

/* --- pods --- */

/* Returns the list with owners of this kind, or NULL if the store has no such list. */
static const struct kube_known_list *kube_store_owners(const struct kube_store *store,
						       const char *kind)
{
	if (text_compare(kind, "ReplicaSet") == 0)
		return &store->lists[KUBE_REPLICASETS];
	return text_compare(kind, "Job") == 0 ? &store->lists[KUBE_JOBS] : NULL;
}

/* If the pod's owner is a ReplicaSet or Job with an owner of its own, replaces the pod's owner with
 * the owner of the ReplicaSet or Job, and stores the new owner in `known`. Returns 1 if the pod has
 * its final owner, 0 if the owner is not known yet, or -ENOMEM. */
static int kube_store_resolve_owner(const struct kube_store *store, struct pod_record *pod,
				    struct kube_known *known)
{
	const struct kube_known_list *owners = kube_store_owners(store, pod->owner_kind);

	if (!owners)
		return 1;
	CLEANUP_FREE char *key = kube_known_key(pod->namespace_name, pod->owner_name);
	if (!key)
		return -ENOMEM;
	const struct kube_known *owner = kube_known_find(owners, key);
	if (owner && !owner->owner_kind)
		return 1;
	if (owner && (text_copy(owner->owner_kind, &known->owner_kind) ||
		      text_copy(owner->owner_name, &known->owner_name)))
		return -ENOMEM;
	/* A ReplicaSet may be deleted before its last pods. The pods then keep the stored owner. */
	if (!known->owner_kind)
		return 0;
	if (text_copy(known->owner_kind, &pod->owner_kind) ||
	    text_copy(known->owner_name, &pod->owner_name))
		return -ENOMEM;
	return 1;
}

/* Drops the record that waits for the pod's owner. */
static void kube_store_stop_waiting(struct kube_store *store, struct kube_known *known)
{
	if (known->waiting)
		store->waiting--;
	pod_record_free(known->waiting);
	known->waiting = NULL;
}

/* Stores a copy of the pod's record until its owner is known. */
static int kube_store_wait_for_owner(struct kube_store *store, struct kube_known *known,
				     const struct record *record)
{
	const struct kube_known_list *owners = kube_store_owners(store, record->pod->owner_kind);
	struct record copy;

	kube_store_stop_waiting(store, known);
	if (!owners || !owners->available || store->waiting >= WAITING_MAX)
		return 0;
	if (record_copy_body(record, &copy))
		return -ENOMEM;
	known->waiting = copy.pod;
	store->waiting++;
	return 0;
}

/* Returns true if the record is of another pod with the same name. */
static bool kube_store_is_another_pod(const struct kube_known *known, const struct record *record)
{
	return known->uid && record->pod->uid && strcmp(known->uid, record->pod->uid) != 0;
}

static int kube_store_delete_pod(struct kube_store *store, struct kube_known *known,
				 struct record *record)
{
	if (known) {
		/* The deletion of an earlier pod does not concern the present pod. */
		if (kube_store_is_another_pod(known, record))
			return 0;
		int resolved = kube_store_resolve_owner(store, record->pod, known);
		if (resolved < 0)
			return resolved;
		kube_store_stop_waiting(store, known);
		kube_known_remove(&store->lists[KUBE_PODS], known);
	}
	kube_store_emit_deleted(store, record);
	return 0;
}

static int kube_store_apply_pod(struct kube_store *store, struct kube_known *known,
				struct record *record)
{
	if (kube_store_is_another_pod(known, record)) {
		kube_store_stop_waiting(store, known);
		kube_known_clear_owner(known);
		known->emitted = 0;
		int error = kube_store_emit_gone(store, KUBE_PODS, known);
		if (error)
			return error;
	}
	if (text_copy(record->pod->uid, &known->uid))
		return -ENOMEM;
	int resolved = kube_store_resolve_owner(store, record->pod, known);
	if (resolved < 0)
		return resolved;
	if (resolved)
		kube_store_stop_waiting(store, known);
	else if (kube_store_wait_for_owner(store, known, record))
		return -ENOMEM;
	return kube_store_emit(store, known, record);
}

/* Emits a waiting pod again if its owner is known now. */
static int kube_store_retry_waiting(struct kube_store *store, struct kube_known *known)
{
	struct record record = {.kind = RECORD_POD, .pod = known->waiting};
	int resolved = record.pod ? kube_store_resolve_owner(store, record.pod, known) : 0;

	if (resolved <= 0)
		return resolved;
	known->waiting = NULL;
	store->waiting--;
	return kube_store_emit(store, known, &record);
}

/* Applies a ReplicaSet or Job. A ReplicaSet without pods is stored, but not emitted: drafts do not
 * need it, and a Deployment has up to ten of them. */
static int kube_store_apply_owner(struct kube_store *store, struct kube_known *known,
				  struct record *record, bool has_pods)
{
	const struct kube_known_list *pods = &store->lists[KUBE_PODS];
	bool is_new = known->emitted == 0;
	int error = 0;

	kube_known_clear_owner(known);
	if (text_copy(record->workload->owner_kind, &known->owner_kind) ||
	    text_copy(record->workload->owner_name, &known->owner_name))
		return -ENOMEM;
	if (has_pods)
		error = kube_store_emit(store, known, record);
	if (known->emitted == 0)
		known->emitted = KUBE_OWNER_NOT_EMITTED;
	for (size_t i = 0; !error && is_new && store->waiting > 0 && i < pods->count; i++)
		error = kube_store_retry_waiting(store, &pods->items[i]);
	return error;
}

/* --- services --- */

static void kube_store_mark_changed(struct kube_store *store, struct kube_known *service)
{
	service->changed = true;
	store->services_changed = true;
}

static void kube_store_forget_if_empty(struct kube_store *store, struct kube_known *service)
{
	if (!service->service && service->slices.count == 0)
		kube_known_remove(&store->lists[KUBE_SERVICES], service);
}

/* Removes a slice from its service. The slice was deleted or belongs to another service now. */
static void kube_store_detach_slice(struct kube_store *store, struct kube_known *slice)
{
	CLEANUP_FREE char *key = STEAL(slice->service_key);
	struct kube_known *service =
		key ? kube_known_find(&store->lists[KUBE_SERVICES], key) : NULL;

	if (!service)
		return;
	struct kube_known *part = kube_known_find(&service->slices, kube_known_name(slice->key));
	if (part) {
		kube_known_remove(&service->slices, part);
		kube_store_mark_changed(store, service);
	}
	kube_store_forget_if_empty(store, service);
}

static void kube_store_delete_slice(struct kube_store *store, struct kube_known *slice)
{
	kube_store_detach_slice(store, slice);
	kube_known_remove(&store->lists[KUBE_SLICES], slice);
}

static int kube_store_apply_slice(struct kube_store *store, struct kube_known *slice,
				  struct record *record)
{
	const char *name = record->service->name;
	CLEANUP_FREE char *key = NULL;

	if (name) {
		key = kube_known_key(record->service->namespace_name, name);
		if (!key)
			return -ENOMEM;
	}
	if (slice->service_key && text_compare(slice->service_key, key) != 0)
		kube_store_detach_slice(store, slice);
	if (!key)
		return 0;
	struct kube_known *service = kube_known_find_or_add(&store->lists[KUBE_SERVICES], key);
	if (!service)
		return -ENOMEM;
	struct kube_known *part =
		kube_known_find_or_add(&service->slices, kube_known_name(slice->key));
	if (!part) {
		kube_store_forget_if_empty(store, service);
		return -ENOMEM;
	}
	service_record_free(part->service);
	part->service = STEAL(record->service);
	kube_store_mark_changed(store, service);
	if (!slice->service_key)
		slice->service_key = STEAL(key);
	return 0;
}

/* Emits the deletion of the Service. Its slices are deleted separately. */
static void kube_store_delete_service(struct kube_store *store, struct kube_known *known)
{
	struct record record = {.kind = RECORD_SERVICE, .service = known->service};

	known->service = NULL;
	known->changed = false;
	known->emitted = 0;
	if (record.service)
		kube_store_emit_deleted(store, &record);
	kube_store_forget_if_empty(store, known);
}

/* Copies the Service, and adds the endpoints of its slices to the copy. */
static int kube_store_compose(const struct kube_known *known, struct record *out)
{
	struct service_record whole = *known->service;
	const struct record record = {.kind = RECORD_SERVICE, .service = &whole};
	/* The same slices must give the same record, in whatever order they arrive. */
	CLEANUP_FREE const struct kube_known **slices = kube_known_sort(&known->slices);
	size_t capacity = 0;
	int error = slices ? 0 : -ENOMEM;

	for (size_t i = 0; !error && i < known->slices.count; i++) {
		const struct service_record *slice = slices[i]->service;
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

int kube_store_flush(struct kube_store *store)
{
	const struct kube_known_list *services = &store->lists[KUBE_SERVICES];
	const struct kube_known_list *slices = &store->lists[KUBE_SLICES];

	if (!store->services_changed || (slices->available && !slices->listed))
		return 0;
	for (size_t i = 0; i < services->count; i++) {
		struct kube_known *known = &services->items[i];
		struct record record;
		if (!known->changed || !known->service)
			continue;
		int error = kube_store_compose(known, &record);
		if (error)
			return error;
		known->changed = false;
		error = kube_store_emit(store, known, &record);
		if (error)
			return error;
	}
	store->services_changed = false;
	return 0;
}

/* --- all kinds --- */

/* Applies the deletion of an object. If `known` is NULL, the object is not known. */
static int kube_store_delete(struct kube_store *store, enum kube_kind kind,
			     struct kube_known *known, struct record *record)
{
	bool was_emitted = known && known->emitted > KUBE_OWNER_NOT_EMITTED;

	if (kind == KUBE_PODS)
		return kube_store_delete_pod(store, known, record);
	if (known && kind == KUBE_SERVICES)
		kube_store_delete_service(store, known);
	else if (known && kind == KUBE_SLICES)
		kube_store_delete_slice(store, known);
	else if (known)
		kube_known_remove(&store->lists[kind], known);
	if (record->kind == RECORD_NAMESPACE || record->kind == RECORD_NODE ||
	    record->kind == RECORD_SERVICE_RANGE ||
	    (record->kind == RECORD_WORKLOAD && was_emitted))
		kube_store_emit_deleted(store, record);
	return 0;
}

/* Emits the range of Service addresses if the command of a new pod contains it. The new pod may
 * replace an older pod of the same name. If only the older pod had a range, emits the deletion of
 * that range. Returns 0 or -ENOMEM. */
static int kube_store_emit_range(struct kube_store *store, struct kube_known *pod,
				 const struct record *record, const json_t *object)
{
	struct record range;

	if (pod->is_searched && !kube_store_is_another_pod(pod, record))
		return 0;
	int error = kube_range_of_pod(object, &range);
	if (!error && pod->is_range_emitted && range.kind == RECORD_NONE)
		error = kube_store_emit_gone(store, KUBE_SERVICECIDRS, pod);
	if (error)
		return error;
	pod->is_searched = true;
	pod->is_range_emitted = range.kind != RECORD_NONE;
	if (pod->is_range_emitted)
		store->emit(store->data, &range);
	return 0;
}

int kube_store_apply(struct kube_store *store, enum kube_kind kind, const json_t *object,
		     bool deleted)
{
	struct kube_known_list *list = &store->lists[kind];
	struct record record = {.kind = RECORD_NONE};
	struct kube_identity identity;
	int error = kube_identity_read(object, &identity);

	if (error)
		return error;
	CLEANUP_FREE char *key = kube_known_key(identity.namespace_name, identity.name);
	if (!key)
		return -ENOMEM;
	error = kube_record_read(kind, object, &record);
	if (error)
		return error;
	struct kube_known *known =
		deleted ? kube_known_find(list, key) : kube_known_find_or_add(list, key);
	if (known && !deleted)
		known->listing = list->listing;
	if (deleted) {
		error = kube_store_delete(store, kind, known, &record);
	} else if (!known) {
		error = -ENOMEM;
	} else if (kind == KUBE_PODS) {
		error = kube_store_emit_range(store, known, &record, object);
		if (!error)
			error = kube_store_apply_pod(store, known, &record);
	} else if (kind == KUBE_SLICES) {
		error = kube_store_apply_slice(store, known, &record);
	} else if (kind == KUBE_SERVICES) {
		service_record_free(known->service);
		known->service = STEAL(record.service);
		kube_store_mark_changed(store, known);
	} else if (kind == KUBE_REPLICASETS || kind == KUBE_JOBS) {
		error = kube_store_apply_owner(store, known, &record,
					       kind == KUBE_JOBS ||
						       kube_replicaset_has_pods(object));
	} else {
		error = kube_store_emit(store, known, &record);
	}
	record_free(&record);
	return error;
}

void kube_store_list_begin(struct kube_store *store, enum kube_kind kind)
{
	store->lists[kind].listing++;
}

/* Removes one object that was not in the latest list. */
static int kube_store_remove_vanished(struct kube_store *store, enum kube_kind kind,
				      struct kube_known *known)
{
	int error = 0;

	if (kind == KUBE_SERVICES) {
		kube_store_delete_service(store, known);
	} else if (kind == KUBE_SLICES) {
		kube_store_delete_slice(store, known);
	} else {
		kube_store_stop_waiting(store, known);
		if (known->emitted != KUBE_OWNER_NOT_EMITTED)
			error = kube_store_emit_gone(store, kind, known);
		kube_known_remove(&store->lists[kind], known);
	}
	return error;
}

int kube_store_list_end(struct kube_store *store, enum kube_kind kind)
{
	struct kube_known_list *list = &store->lists[kind];
	int error = 0;

	list->listed = true;
	/* Go backwards, since removing an item moves the last one, which was visited, to its
	 * place. */
	for (size_t i = list->count; i-- > 0;) {
		struct kube_known *known = &list->items[i];
		if (known->listing == list->listing)
			continue;
		/* This entry has EndpointSlices, but no Service yet. It is removed with its last
		 * EndpointSlice. */
		if (kind == KUBE_SERVICES && !known->service)
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
