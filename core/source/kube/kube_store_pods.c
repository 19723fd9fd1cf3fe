/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/kube/kube_store_pods.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cleanup.h"
#include "core/base/text.h"

/* The largest number of pods that wait for their ReplicaSet or Job. Others keep that owner. */
#define WAITING_MAX 5000

static enum kube_kind kube_store_pods_owner_list(const char *kind)
{
	if (kind && strcmp(kind, "ReplicaSet") == 0)
		return KUBE_REPLICASETS;
	if (kind && strcmp(kind, "Job") == 0)
		return KUBE_JOBS;
	return KUBE_KINDS;
}

static int kube_store_pods_set_owner(const char *kind, const char *name, struct top_owner *out)
{
	struct top_owner copy = {.kind = strdup(kind), .name = strdup(name)};

	if (!copy.kind || !copy.name) {
		kube_known_clear_owner(&copy);
		return -ENOMEM;
	}
	kube_known_clear_owner(out);
	*out = copy;
	return 0;
}

/* Replaces a ReplicaSet or Job by its own owner. 1: done, or it has none; 0: not known yet;
 * -ENOMEM. */
static int kube_store_pods_resolve_owner(const struct kube_store *store, struct pod_record *pod,
					 struct top_owner *resolved)
{
	enum kube_kind kind = kube_store_pods_owner_list(pod->owner_kind);

	if (kind == KUBE_KINDS)
		return 1;
	CLEANUP_FREE char *key = kube_known_key(pod->namespace_name, pod->owner_name);
	if (!key)
		return -ENOMEM;
	const struct known *owner = kube_known_find(&store->lists[kind], key);
	if (owner && !owner->owner.kind)
		return 1;
	if (owner && kube_store_pods_set_owner(owner->owner.kind, owner->owner.name, resolved))
		return -ENOMEM;
	/* A ReplicaSet may be deleted before its last pods, which keep the owner they had. */
	if (!resolved->kind)
		return 0;
	if (text_copy(resolved->kind, &pod->owner_kind) ||
	    text_copy(resolved->name, &pod->owner_name))
		return -ENOMEM;
	return 1;
}

void kube_store_pods_stop_waiting(struct kube_store *store, struct known *known)
{
	if (known->waiting)
		store->waiting--;
	pod_record_free(known->waiting);
	known->waiting = NULL;
}

/* Keeps the pod's record until its owner is known. */
static int kube_store_pods_wait_for_owner(struct kube_store *store, struct known *known,
					  const struct record *record)
{
	const struct known_list *owners =
		&store->lists[kube_store_pods_owner_list(record->pod->owner_kind)];

	kube_store_pods_stop_waiting(store, known);
	if (!owners->available || store->waiting >= WAITING_MAX)
		return 0;
	struct record copy;
	if (record_copy_body(record, &copy))
		return -ENOMEM;
	known->waiting = copy.pod;
	store->waiting++;
	return 0;
}

static int kube_store_pods_delete_pod(struct kube_store *store, struct known *known,
				      struct record *record)
{
	/* The deletion of an earlier pod of the same name does not concern this one. */
	if (known->uid && record->pod->uid && strcmp(known->uid, record->pod->uid) != 0) {
		record_free(record);
		return 0;
	}
	int resolved = kube_store_pods_resolve_owner(store, record->pod, &known->owner);
	if (resolved < 0) {
		record_free(record);
		return resolved;
	}
	kube_store_pods_stop_waiting(store, known);
	kube_known_remove(&store->lists[KUBE_PODS], known);
	kube_known_emit_deleted(store, record);
	return 0;
}

/* Handles another pod of the same name: emits the deletion of the one before. */
static int kube_store_pods_replace_pod(struct kube_store *store, struct known *known,
				       const char *uid)
{
	kube_store_pods_stop_waiting(store, known);
	kube_known_clear_owner(&known->owner);
	known->emitted = 0;
	int error = kube_known_emit_gone(store, KUBE_PODS, known);
	return text_copy(uid, &known->uid) ? -ENOMEM : error;
}

int kube_store_pods_apply(struct kube_store *store, const char *key, const json_t *object,
			  bool deleted)
{
	struct known_list *list = &store->lists[KUBE_PODS];
	struct record record;
	int error = kube_record_read(KUBE_PODS, object, &record);

	if (error)
		return error;
	struct known *known =
		deleted ? kube_known_find(list, key) : kube_known_find_or_add(list, key);
	if (deleted && known)
		return kube_store_pods_delete_pod(store, known, &record);
	if (deleted) {
		kube_known_emit_deleted(store, &record);
		return 0;
	}
	if (!known) {
		error = -ENOMEM;
		goto fail;
	}
	known->listing = list->listing;
	if (record.pod->uid && known->uid && strcmp(known->uid, record.pod->uid) != 0)
		error = kube_store_pods_replace_pod(store, known, record.pod->uid);
	else
		error = text_copy(record.pod->uid, &known->uid);
	if (error)
		goto fail;
	int resolved = kube_store_pods_resolve_owner(store, record.pod, &known->owner);
	error = resolved < 0 ? resolved : 0;
	if (resolved == 0)
		error = kube_store_pods_wait_for_owner(store, known, &record);
	else if (resolved > 0)
		kube_store_pods_stop_waiting(store, known);
	if (error)
		goto fail;
	return kube_known_emit(store, known, &record);

fail:
	record_free(&record);
	return error;
}

/* Emits a waiting pod again if its owner is known now. */
static int kube_store_pods_retry_waiting(struct kube_store *store, struct known *known)
{
	int resolved = kube_store_pods_resolve_owner(store, known->waiting, &known->owner);

	if (resolved <= 0)
		return resolved;
	struct record record = {.kind = RECORD_POD, .pod = known->waiting};
	known->waiting = NULL;
	store->waiting--;
	return kube_known_emit(store, known, &record);
}

int kube_store_pods_apply_owner(struct kube_store *store, enum kube_kind kind, const char *key,
				const json_t *object, bool deleted)
{
	struct known_list *list = &store->lists[kind];
	struct kube_owner owner;

	if (deleted) {
		struct known *gone = kube_known_find(list, key);
		if (gone)
			kube_known_remove(list, gone);
		return 0;
	}
	struct known *known = kube_known_find_or_add(list, key);
	if (!known)
		return -ENOMEM;
	bool is_new = known->emitted == 0;
	known->listing = list->listing;
	known->emitted = 1;
	kube_owner_read(object, &owner);
	kube_known_clear_owner(&known->owner);
	if (owner.kind && kube_store_pods_set_owner(owner.kind, owner.name, &known->owner))
		return -ENOMEM;
	struct known_list *pods = &store->lists[KUBE_PODS];
	for (size_t i = 0; is_new && store->waiting > 0 && i < pods->count; i++) {
		int error = pods->items[i].waiting
				    ? kube_store_pods_retry_waiting(store, &pods->items[i])
				    : 0;
		if (error)
			return error;
	}
	return 0;
}
