/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The members of struct workloads, for the files that implement workloads.h: workloads.c stores
 * records, workloads_index.c indexes them, and workloads_find.c finds them.
 */
#ifndef POLECAT_CORE_STATE_IDENTITY_WORKLOADS_INTERNAL_H
#define POLECAT_CORE_STATE_IDENTITY_WORKLOADS_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/base/hash_index.h"
#include "core/record/record.h"
#include "core/state/identity/address_index.h"
#include "core/state/identity/cgroup_index.h"
#include "core/state/identity/label_history.h"
#include "core/state/identity/owners.h"
#include "core/state/identity/translations.h"

/* A set of prefix lengths is an array of WORKLOADS_LENGTH_WORDS uint64_t, with a bit for each
 * length from 0 to WORKLOADS_MAX_PREFIX (IPv6). */
#define WORKLOADS_LENGTH_WORDS 3
#define WORKLOADS_MAX_PREFIX   128u

/* The stored bodies (record.h) of the records of one kind, in order of first appearance, and
 * indexes of their positions by name and address. */
struct bodies {
	void **items;
	size_t count;
	size_t capacity;
	struct hash_index by_name;
	/* The addresses of pods, Services and nodes, and the first address of each block of a
	 * Service range. */
	struct address_index by_address;
};

struct workloads {
	uint64_t revision;
	struct bodies bodies[RECORD_SERVICE_RANGE + 1]; /* by kind; empty below RECORD_CONTAINER */
	struct owners owners;
	struct hash_index pods_by_uid;
	struct hash_index pods_by_container; /* keys: the ids in pod_record.containers */
	struct hash_index pods_by_family;    /* by workloads_family_hash */
	struct cgroup_index container_cgroups;
	struct hash_index service_node_ports;
	struct hash_index pod_host_ports;
	/* A bit for each prefix length that a node's block for pods has had; never cleared. */
	uint64_t pod_block_lengths[2][WORKLOADS_LENGTH_WORDS]; /* IPv4, IPv6 */
	uint64_t service_range_lengths[2][WORKLOADS_LENGTH_WORDS];
	struct translations translations;
	bool has_cluster;
	uint64_t time_ns; /* steady time of the latest flow */
	struct label_history pod_labels;
	struct label_history namespace_labels;
	struct hash_index containers_by_pod; /* keys: the UIDs of the pods */
	uint64_t *container_ages;            /* by position; newer containers have greater values */
	size_t container_ages_capacity;
	uint64_t container_age;
	size_t oldest_container; /* index; replaced first beyond MAX_CONTAINERS */
	size_t podless;          /* number of containers without a pod (workloads_is_podless) */
	size_t next_podless;     /* index where the search for one of them to replace begins */
	size_t dead_pods;
	size_t next_dead; /* index where the search for a dead pod to replace begins */
};

/* The name of a record. The name of a container is its id. */
struct workloads_name {
	const char *namespace_name; /* NULL: the kind has no namespace */
	const char *name;
};

/* workloads_name_of needs this order: the name is the first member of a body, or the second one
 * after the namespace. */
_Static_assert(offsetof(struct pod_record, name) == sizeof(char *), "namespace, name");
_Static_assert(offsetof(struct service_record, name) == sizeof(char *), "namespace, name");
_Static_assert(offsetof(struct container_record, id) == 0, "id");
_Static_assert(offsetof(struct namespace_record, name) == 0, "name");
_Static_assert(offsetof(struct node_record, name) == 0, "name");
_Static_assert(offsetof(struct service_range_record, name) == 0, "name");

static inline struct workloads_name workloads_name_of(enum record_kind kind, const void *body)
{
	char *const *texts = body;

	if (kind == RECORD_POD || kind == RECORD_SERVICE)
		return (struct workloads_name){texts[0], texts[1]};
	return (struct workloads_name){NULL, texts[0]};
}

static inline uint64_t workloads_name_hash(struct workloads_name name)
{
	return hash_string(hash_string(hash_seed(), name.namespace_name), name.name);
}

/* Returns the stored record at a position, or NULL for HASH_INDEX_NONE. */
static inline void *workloads_record_at(const struct workloads *workloads, enum record_kind kind,
					size_t at)
{
	const struct bodies *bodies = &workloads->bodies[kind];

	return at < bodies->count ? bodies->items[at] : NULL;
}

static inline uint32_t workloads_find(const struct workloads *workloads, enum record_kind kind,
				      struct workloads_name name)
{
	const struct hash_index *index = &workloads->bodies[kind].by_name;
	struct hash_cursor cursor;
	uint32_t at = hash_index_first(index, workloads_name_hash(name), &cursor);

	for (; at != HASH_INDEX_NONE; at = hash_index_next(index, &cursor)) {
		struct workloads_name found =
			workloads_name_of(kind, workloads->bodies[kind].items[at]);
		if (strcmp(found.name, name.name) == 0 &&
		    (!name.namespace_name ||
		     strcmp(found.namespace_name, name.namespace_name) == 0))
			break;
	}
	return at;
}

/* The hash is the key itself, so equal hashes are equal keys. */
static inline uint64_t workloads_node_port_hash(uint8_t protocol, uint16_t node_port)
{
	return (uint64_t)protocol << 16 | node_port;
}

/* Cgroup ids are unique only within a node. */
static inline uint64_t workloads_cgroup_key(const char *node, uint64_t cgroup_id)
{
	return node ? hash_string(hash_u64(cgroup_id), node) : cgroup_id;
}

/* Adds the stored record at a position to the indexes of its kind, or removes it from them. */
void workloads_index(struct workloads *workloads, enum record_kind kind, uint32_t at, bool add);

/*
 * Hashes a name that all pods of one workload share. With an owner, that is the owner's name
 * without the hash or time that a Deployment, a Rollout or a CronJob appends. Without an owner, it
 * is the pod's name without its last part and without the hash of the pod template. Pods of other
 * workloads may have the same hash.
 */
uint64_t workloads_family_hash(const struct pod_record *pod);

/* Returns whether no source has named a pod of the container. */
static inline bool workloads_is_podless(const struct container_record *container)
{
	return !container->pod_uid && !container->pod;
}

#endif
