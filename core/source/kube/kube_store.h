/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The objects of the Kubernetes API, and the records that were emitted for them.
 *
 * The store has the name of each object and a hash of its record. So it emits only changes, and it
 * emits deletions of objects that vanished while there was no watch. It also has:
 *
 * - services, to make one record from a Service and its EndpointSlices;
 * - the owners of ReplicaSets and Jobs, which become the owners of pods (no record of a ReplicaSet
 *   without pods is emitted);
 * - pods whose ReplicaSet or Job is unknown, to emit them again when it becomes known.
 *
 * Does no input or output. Only one thread may use a store.
 */
#ifndef POLECAT_CORE_SOURCE_KUBE_KUBE_STORE_H
#define POLECAT_CORE_SOURCE_KUBE_KUBE_STORE_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "core/record/record.h"
#include "core/source/kube/kube_objects.h"

struct kube_store;

/* Makes a store. `emit` must take ownership of each record. Returns 0 or -ENOMEM. */
int kube_store_new(void (*emit)(void *data, struct record *record), void *data,
		   struct kube_store **out);
void kube_store_free(struct kube_store *store);

/* Applies the current state of one object, or its last state if it was deleted. Returns 0, -EBADMSG
 * without a change if the object is not of this kind, or -ENOMEM. */
int kube_store_apply(struct kube_store *store, enum kube_kind kind, const json_t *object,
		     bool deleted);

/* Begins a list of all objects of the kind. A second call before kube_store_list_end restarts the
 * list. */
void kube_store_list_begin(struct kube_store *store, enum kube_kind kind);
/* Ends the list. Objects that were not in it are deleted. Returns 0 or -ENOMEM. */
int kube_store_list_end(struct kube_store *store, enum kube_kind kind);

/* Sets whether the API serves the kind. If it does not, no record waits for objects of the kind:
 * services are emitted without endpoints, and pods with the ReplicaSet or Job as their owner. */
void kube_store_set_available(struct kube_store *store, enum kube_kind kind, bool available);

/* Emits the services that have changed. Call it after a batch of changes. Returns 0 or -ENOMEM.
 * After -ENOMEM, the next call emits the services that are still missing. */
int kube_store_flush(struct kube_store *store);

/* Returns the number of objects of the kind. */
size_t kube_store_count(const struct kube_store *store, enum kube_kind kind);

#endif
