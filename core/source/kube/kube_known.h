/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The objects that kube_store has, in one list for each kind. An item has a hash of the
 * emitted record, so that the store emits a record only if it has changed. Only kube_store uses
 * this module, on its thread.
 */
#ifndef POLECAT_CORE_SOURCE_KUBE_KUBE_KNOWN_H
#define POLECAT_CORE_SOURCE_KUBE_KUBE_KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/hash_index.h"
#include "core/record/record.h"

/* A value of `emitted`: the ReplicaSet or Job is known, but no record of it was emitted. */
#define KUBE_OWNER_NOT_EMITTED 1

struct kube_known;

/* In no order. A look-up, an addition and a removal take constant time, whatever the order in which
 * the objects arrive. */
struct kube_known_list {
	struct kube_known *items;
	size_t count;
	size_t capacity;
	struct hash_index index; /* of positions in `items`, by key */
	uint32_t listing;        /* number of the latest list of this kind from the API */
	bool listed;             /* a complete list was read */
	bool available;          /* see kube_store_set_available */
};

/* One object. */
struct kube_known {
	char *key;             /* "namespace/name" or "name" */
	uint64_t emitted;      /* hash of the emitted record; 0 and KUBE_OWNER_NOT_EMITTED: none */
	uint32_t listing;      /* kube_known_list.listing when the API last reported the object */
	bool changed;          /* of a service: changed since it was emitted */
	bool is_searched;      /* of a pod: kube_range_of_pod was called for it */
	bool is_range_emitted; /* of a pod: a range was found and emitted */
	char *uid;             /* of a pod */
	char *service_key;     /* of a slice: the key of its service; NULL: none */
	struct pod_record *waiting; /* of a pod: its record while its owner is unknown; else NULL */
	/* Of a ReplicaSet or Job: its owner. Of a pod: the owner of its ReplicaSet or Job. NULL:
	 * not known. */
	char *owner_kind;
	char *owner_name;
	/* Of a service: its record without endpoints; NULL: only its slices are known. Of an item
	 * of `slices`: the record of the slice. */
	struct service_record *service;
	struct kube_known_list slices; /* of a service; the keys have no namespace */
};

/* Returns "namespace/name", or only the name if there is no namespace, to be freed. Returns NULL if
 * out of memory. */
char *kube_known_key(const char *namespace_name, const char *name);
/* Returns the name in a key. */
const char *kube_known_name(const char *key);

/* Returns the item with the key, or NULL. */
struct kube_known *kube_known_find(const struct kube_known_list *list, const char *key);
/* Finds the item, or adds an empty one. Returns NULL if out of memory. May move the other items. */
struct kube_known *kube_known_find_or_add(struct kube_known_list *list, const char *key);
/* Removes the item and frees its memory. Moves the last item to its place. */
void kube_known_remove(struct kube_known_list *list, struct kube_known *known);
/* Removes all items and frees the list's memory. */
void kube_known_list_free(struct kube_known_list *list);
/* Returns the items in the order of their keys, to be freed, or NULL if out of memory. */
const struct kube_known **kube_known_sort(const struct kube_known_list *list);
void kube_known_clear_owner(struct kube_known *known);

#endif
