/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The data of the store (kube_store.h): the known objects of each kind, in sorted lists, and the
 * emission of their records.
 */
#ifndef POLECAT_CORE_SOURCE_KUBE_KUBE_KNOWN_H
#define POLECAT_CORE_SOURCE_KUBE_KUBE_KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "core/base/buffer.h"
#include "core/source/kube/kube_objects.h"

/* The owner of a pod's ReplicaSet or Job. Both NULL: none. */
struct top_owner {
	char *kind;
	char *name;
};

struct known;

/* Sorted by key. Lists arrive almost sorted, so most objects are added at the end. */
struct known_list {
	struct known *items;
	size_t count;
	size_t capacity;
	uint32_t listing; /* number of the current list */
	bool listed;      /* a complete list was read */
	bool available;   /* see kube_store_set_available */
};

/* One object. */
struct known {
	char *key;                      /* "namespace/name", or "name"; first: array_lower_bound */
	uint64_t emitted;               /* hash of the record that was emitted; 0: none */
	uint32_t listing;               /* number of the last list that contained it */
	bool changed;                   /* of a service: since it was emitted */
	char *uid;                      /* of a pod */
	char *service_key;              /* of a slice: the key of its service; NULL: none */
	struct pod_record *waiting;     /* of a pod: its record, until its owner is known */
	struct top_owner owner;         /* of a pod: as resolved; of a ReplicaSet or Job: its own */
	struct service_record *service; /* of a service: without endpoints; NULL: only slices are
					   known. Of an item of `slices`: the slice */
	struct known_list slices;       /* of a service; their keys are names */
};

struct kube_store {
	struct known_list lists[KUBE_KINDS];
	void (*emit)(void *data, struct record *record);
	void *data;
	struct buffer text; /* reused by kube_known_emit */
	size_t waiting;     /* pods whose owner is not known yet */
	bool services_changed;
};

/* Returns "namespace/name", or the name alone without a namespace, to be freed; NULL without
 * memory. */
char *kube_known_key(const char *namespace_name, const char *name);
/* Returns the name in a key. */
const char *kube_known_name(const char *key);

struct known *kube_known_find(const struct known_list *list, const char *key);
/* Finds the item, or adds an empty one. NULL without memory. Moves the others. */
struct known *kube_known_find_or_add(struct known_list *list, const char *key);
void kube_known_remove(struct known_list *list, struct known *known);

/* Frees the memory that an item owns. */
void kube_known_clear(struct known *known);
void kube_known_clear_owner(struct top_owner *owner);

/* Emits the record unless it equals the last one that was emitted for the item. The record is
 * RECORD_NONE afterwards in any case. 0 or -ENOMEM. */
int kube_known_emit(struct kube_store *store, struct known *known, struct record *record);
/* Emits the record as that of a deleted object. It is RECORD_NONE afterwards. */
void kube_known_emit_deleted(struct kube_store *store, struct record *record);
/* Emits the deletion of an object of which only the key and the UID are known. 0 or -ENOMEM. */
int kube_known_emit_gone(struct kube_store *store, enum kube_kind kind, const struct known *known);

#endif
