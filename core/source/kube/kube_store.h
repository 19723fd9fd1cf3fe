/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the Kubernetes API told, and what of it was told on as records.
 *
 * Of each object only its name and a hash of its record are kept, so that what did not change is
 * not told again and what vanished while nobody watched is told as deleted. Beyond that: services,
 * whose record is put together from the Service and its EndpointSlices; the owners of ReplicaSets
 * and Jobs, which become the owners of their pods; and pods whose ReplicaSet or Job is not known
 * yet, to be told again when it is.
 *
 * Pure but for memory; one thread.
 */
#ifndef POLECAT_CORE_SOURCE_KUBE_KUBE_STORE_H
#define POLECAT_CORE_SOURCE_KUBE_KUBE_STORE_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "core/record/record.h"
#include "core/source/kube/kube_resource.h"

struct kube_store;

/* emit takes over the record. 0 or -ENOMEM. */
int kube_store_new(void (*emit)(void *data, struct record *record), void *data,
		   struct kube_store **out);
void kube_store_free(struct kube_store *store);

/*
 * Takes in one object as it is now, or as it was when it was deleted. 0; -EBADMSG for an object
 * that is none of this kind, and nothing changed; -ENOMEM.
 */
int kube_store_apply(struct kube_store *store, enum kube_kind kind, const json_t *object,
		     bool deleted);

/* A list of all objects of the kind begins. May be called again before it has ended: it begins
 * anew. */
void kube_store_list_begin(struct kube_store *store, enum kube_kind kind);
/* It has ended: what was not in it is gone. 0 or -ENOMEM. */
int kube_store_list_end(struct kube_store *store, enum kube_kind kind);

/*
 * Whether the kind can be had at all. Nothing waits for one that cannot: services are told without
 * endpoints, pods with the ReplicaSet as their owner.
 */
void kube_store_set_available(struct kube_store *store, enum kube_kind kind, bool available);

/* Tells the services that have changed. Call after a batch. 0 or -ENOMEM (what was not told is told
 * the next time). */
int kube_store_flush(struct kube_store *store);

/* How many objects of the kind there are. */
size_t kube_store_count(const struct kube_store *store, enum kube_kind kind);

#endif
