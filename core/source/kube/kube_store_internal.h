/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the store (kube_store.h) that its files share: kube_store.c, kube_store_pods.c,
 * kube_store_services.c. */
#ifndef POLECAT_CORE_SOURCE_KUBE_KUBE_STORE_INTERNAL_H
#define POLECAT_CORE_SOURCE_KUBE_KUBE_STORE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "core/record/json/record_json.h"
#include "core/source/kube/kube_objects.h"
#include "core/source/kube/kube_store.h"

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

/* "namespace/name", or the name alone where there is no namespace; to free. NULL without memory. */
char *kube_store_key(const char *namespace_name, const char *name);
/* The name in a key. */
const char *kube_store_name(const char *key);

struct known *kube_store_find(const struct known_list *list, const char *key);
/* The item of the key, made where there is none. NULL without memory. Moves the others. */
struct known *kube_store_find_or_add(struct known_list *list, const char *key);
void kube_store_remove(struct known_list *list, struct known *known);

/* Tells the record unless the same was told (told NULL: always). Takes it over in any case. 0 or
 * -ENOMEM. */
int kube_store_tell(struct kube_store *store, uint64_t *told, struct record *record);
/* Tells that something is gone of which no more than the name and the UID are known. */
int kube_store_tell_gone(struct kube_store *store, enum kube_kind kind, const struct known *known);

/* Pods, and the ReplicaSets and Jobs that own them. 0, -EBADMSG, -ENOMEM. */
int kube_store_apply_pod(struct kube_store *store, const char *key, const json_t *object,
			 bool deleted);
int kube_store_apply_owner(struct kube_store *store, enum kube_kind kind, const char *key,
			   const json_t *object, bool deleted);
/* The pod's record need not be told again. */
void kube_store_stop_waiting(struct kube_store *store, struct known *known);
void kube_store_clear_owner(struct top_owner *owner);

/* Services and their slices. 0, -EBADMSG, -ENOMEM. */
int kube_store_apply_service(struct kube_store *store, const char *key, const json_t *object,
			     bool deleted);
int kube_store_apply_slice(struct kube_store *store, const char *key, const json_t *object,
			   bool deleted);
/* They are gone. */
void kube_store_delete_service(struct kube_store *store, struct known *known);
void kube_store_delete_slice(struct kube_store *store, struct known *known);
void kube_store_free_parts(struct known_service *parts);

#endif
