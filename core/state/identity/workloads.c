/* SPDX-License-Identifier: Apache-2.0 */
#include "core/state/identity/workloads.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/hash.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/state/identity/merge.h"
#include "core/state/identity/workloads_internal.h"

/*
 * No record reports the deletion of a container. Beyond this many containers, a new one replaces
 * the oldest. Kubernetes supports 110 pods per node, so a merged stream of several hundred nodes
 * still fits.
 */
#define MAX_CONTAINERS 65536

/* The maximum number of stored containers of a pod. Beyond it, a new container replaces the oldest
 * one of the pod (workloads_find_spare_container). A pod gets a new container at each restart, and
 * needs days for so many restarts. */
#define CONTAINERS_PER_POD 1024

/* The records of dead pods stay, because views still show flows of these pods. A cluster that runs
 * jobs creates pods without end, so beyond this number of dead pods, a new pod's record overwrites
 * the record of a pod that died long ago. */
#define MAX_DEAD_PODS 65536

int workloads_new(struct workloads **out)
{
	struct workloads *workloads = memory_checked(calloc(1, sizeof(*workloads)));

	if (!workloads)
		return -ENOMEM;
	*out = workloads;
	return 0;
}

void workloads_free(struct workloads *workloads)
{
	if (!workloads)
		return;
	for (int kind = RECORD_CONTAINER; kind <= RECORD_SERVICE_RANGE; kind++) {
		struct bodies *bodies = &workloads->bodies[kind];
		for (size_t i = 0; i < bodies->count; i++)
			record_free(
				&(struct record){.kind = (uint8_t)kind, .body = bodies->items[i]});
		free(bodies->items);
		hash_index_clear(&bodies->by_name);
		address_index_clear(&bodies->by_address);
	}
	owners_clear(&workloads->owners);
	hash_index_clear(&workloads->pods_by_uid);
	hash_index_clear(&workloads->pods_by_container);
	hash_index_clear(&workloads->pods_by_family);
	cgroup_index_clear(&workloads->container_cgroups);
	hash_index_clear(&workloads->containers_by_pod);
	free(workloads->container_ages);
	hash_index_clear(&workloads->service_node_ports);
	hash_index_clear(&workloads->pod_host_ports);
	label_history_clear(&workloads->pod_labels);
	label_history_clear(&workloads->namespace_labels);
	translations_clear(&workloads->translations);
	free(workloads);
}

/* --- cgroups of containers --- */

/*
 * Returns a hash of the record's pod UID as it stands in the path of a cgroup, or 0 if it cannot
 * stand there. For a static pod, the path contains a hash of the pod's manifest instead of the UID
 * in the API. This hash has no `-`.
 */
static uint32_t workloads_uid_hash(const struct container_record *container)
{
	if (!container->pod_uid || !strchr(container->pod_uid, '-'))
		return 0;
	return (uint32_t)hash_string(1, container->pod_uid) | 1;
}

/* Returns workloads_uid_hash of a UID that the record got from the path of its cgroup, else 0. Such
 * a record has no pod name. The UID is only a claim, because the process that made the cgroup chose
 * the path. */
static uint32_t workloads_path_claim(const struct container_record *container)
{
	return container->cgroup_id == 0 || container->pod ? 0 : workloads_uid_hash(container);
}

/* Returns whether a record must not change the known container: the record's cgroup is below
 * another container, but the known container's cgroup is not. */
static bool workloads_is_imitation(const struct container_record *fresh,
				   const struct container_record *kept)
{
	return fresh->outer_id && kept->cgroup_id && !kept->outer_id;
}

/* Adds the cgroup to a container, which keeps the cgroups of its former records. Compares the paths
 * of all of them with the container's pod. */
static void workloads_index_cgroup(struct workloads *workloads, uint32_t at, uint64_t cgroup_id,
				   uint32_t claim)
{
	const struct container_record *container = workloads->bodies[RECORD_CONTAINER].items[at];
	struct cgroup_index *cgroups = &workloads->container_cgroups;
	const struct cgroup_claim wanted = {
		.key = workloads_cgroup_key(container->node, cgroup_id),
		.cgroup_id = cgroup_id,
		.container = at,
		.claim = claim,
	};

	if (cgroup_id)
		(void)cgroup_index_set(cgroups, &wanted);
	cgroup_index_compare(cgroups, at, container->pod ? workloads_uid_hash(container) : 0);
}

/* --- stored records --- */

/* Returns whether the record deletes an earlier pod, although a later one already has its name. */
static bool workloads_is_late_deletion(const struct pod_record *pod, const struct pod_record *kept)
{
	return pod->deleted && pod->uid && kept->uid && strcmp(pod->uid, kept->uid) != 0;
}

/* Returns the position of the dead pod's record that a new pod's record overwrites, or
 * HASH_INDEX_NONE if fewer than MAX_DEAD_PODS pods are dead. */
static uint32_t workloads_find_spare_pod(const struct workloads *workloads)
{
	size_t at = workloads->next_dead;

	if (workloads->dead_pods < MAX_DEAD_PODS)
		return HASH_INDEX_NONE;
	for (;;) {
		const struct pod_record *pod = workloads->bodies[RECORD_POD].items[at];
		if (pod->deleted)
			return (uint32_t)at;
		at = (at + 1) % workloads->bodies[RECORD_POD].count;
	}
}

/* Returns the position of the oldest container without a pod. There must be one. */
static uint32_t workloads_find_podless(const struct workloads *workloads)
{
	const struct bodies *bodies = &workloads->bodies[RECORD_CONTAINER];
	size_t at = workloads->next_podless;

	while (!workloads_is_podless(bodies->items[at]))
		at = (at + 1) % bodies->count;
	return (uint32_t)at;
}

/*
 * Returns the position of the container record that a new container's record overwrites, or
 * HASH_INDEX_NONE if none needs to be overwritten. A new container overwrites the oldest one of its
 * pod if the pod has CONTAINERS_PER_POD containers, or at least as many as can still be added. So a
 * pod displaces only its own containers, as in quota.h. If MAX_CONTAINERS are stored, any other
 * container overwrites the oldest one without a pod. Only without such containers, it overwrites
 * the oldest container of all. So containers without a pod, which no pod's quota limits, displace
 * none of a pod.
 */
static uint32_t workloads_find_spare_container(const struct workloads *workloads,
					       const struct container_record *fresh)
{
	size_t free_bodies = MAX_CONTAINERS - workloads->bodies[RECORD_CONTAINER].count;
	uint32_t oldest = HASH_INDEX_NONE;
	struct hash_cursor cursor;
	size_t count = 0;

	for (uint32_t at = fresh->pod_uid
				   ? hash_index_first(&workloads->containers_by_pod,
						      hash_string(0, fresh->pod_uid), &cursor)
				   : HASH_INDEX_NONE;
	     at != HASH_INDEX_NONE; at = hash_index_next(&workloads->containers_by_pod, &cursor)) {
		const struct container_record *container =
			workloads->bodies[RECORD_CONTAINER].items[at];
		if (strcmp(container->pod_uid, fresh->pod_uid) != 0)
			continue;
		count++;
		if (oldest == HASH_INDEX_NONE ||
		    workloads->container_ages[at] < workloads->container_ages[oldest])
			oldest = at;
	}
	if (count > 0 && (count >= free_bodies || count >= CONTAINERS_PER_POD))
		return oldest;
	if (free_bodies > 0)
		return HASH_INDEX_NONE;
	return workloads->podless > 0 ? workloads_find_podless(workloads)
				      : (uint32_t)workloads->oldest_container;
}

static uint32_t workloads_find_spare(const struct workloads *workloads, const struct record *record)
{
	if (record->kind == RECORD_CONTAINER)
		return workloads_find_spare_container(workloads, record->container);
	return record->kind == RECORD_POD ? workloads_find_spare_pod(workloads) : HASH_INDEX_NONE;
}

/* Swaps the contents of two records. `kept` stays at its address, since views have pointers to
 * it. */
static void workloads_swap(enum record_kind kind, void *kept, void *other)
{
	static const size_t sizes[] = {
		[RECORD_CONTAINER] = sizeof(struct container_record),
		[RECORD_POD] = sizeof(struct pod_record),
		[RECORD_SERVICE] = sizeof(struct service_record),
		[RECORD_NAMESPACE] = sizeof(struct namespace_record),
		[RECORD_NODE] = sizeof(struct node_record),
		[RECORD_SERVICE_RANGE] = sizeof(struct service_range_record),
	};
	union {
		struct container_record container;
		struct pod_record pod;
		struct service_record service;
		struct namespace_record namespace_record;
		struct node_record node;
		struct service_range_record service_range;
	} content;

	memcpy(&content, kept, sizes[kind]);
	memcpy(kept, other, sizes[kind]);
	memcpy(other, &content, sizes[kind]);
}

static bool workloads_labels_differ(const struct labels *a, const struct labels *b)
{
	if (a->count != b->count)
		return true;
	for (size_t i = 0; i < a->count; i++) {
		if (strcmp(a->items[i].key, b->items[i].key) != 0 ||
		    text_compare(a->items[i].value, b->items[i].value) != 0)
			return true;
	}
	return false;
}

/* Stores the former labels of a pod if its update changed them. */
static void workloads_keep_labels(struct workloads *workloads, const struct pod_record *pod,
				  struct pod_record *former)
{
	if (former->labels.count > 0 && !pod->deleted &&
	    workloads_labels_differ(&pod->labels, &former->labels))
		label_history_add(&workloads->pod_labels, pod, &former->labels, workloads->time_ns);
}

/* The same for a namespace. In contrast to a pod's, its labels are known even if it has none. */
static void workloads_keep_namespace_labels(struct workloads *workloads,
					    const struct namespace_record *kept,
					    struct namespace_record *former)
{
	if (!kept->deleted && !former->deleted &&
	    workloads_labels_differ(&kept->labels, &former->labels))
		label_history_add(&workloads->namespace_labels, kept, &former->labels,
				  workloads->time_ns);
}

/* Updates the stored record at a position from a record with the same name. */
static void workloads_update(struct workloads *workloads, struct record *record, uint32_t at)
{
	enum record_kind kind = record->kind;
	void *kept = workloads->bodies[kind].items[at];

	if (kind == RECORD_POD && workloads_is_late_deletion(record->pod, kept))
		return;
	workloads_index(workloads, kind, at, false);
	if (kind == RECORD_POD)
		merge_pod(record->pod, kept);
	else if (kind == RECORD_CONTAINER)
		merge_container(record->container, kept);
	else if (kind == RECORD_NODE)
		merge_node(record->node, kept);
	workloads_swap(kind, kept, record->body);
	if (kind == RECORD_POD)
		workloads_keep_labels(workloads, kept, record->pod);
	else if (kind == RECORD_NAMESPACE)
		workloads_keep_namespace_labels(workloads, kept, record->namespace_record);
	workloads_index(workloads, kind, at, true);
}

/* Overwrites the stored record at position `spare` with a record of another name. Returns 0, or
 * -ENOMEM without a change. */
static int workloads_reuse(struct workloads *workloads, struct record *record, uint32_t spare)
{
	enum record_kind kind = record->kind;
	struct bodies *bodies = &workloads->bodies[kind];
	uint64_t hash = workloads_name_hash(workloads_name_of(kind, record->body));
	struct workloads_name former = workloads_name_of(kind, bodies->items[spare]);
	int error = hash_index_insert(&bodies->by_name, hash, spare);

	if (error)
		return error;
	hash_index_remove(&bodies->by_name, workloads_name_hash(former), spare);
	workloads_index(workloads, kind, spare, false);
	if (kind == RECORD_POD) {
		workloads->next_dead = (spare + 1) % bodies->count;
		label_history_forget(&workloads->pod_labels, bodies->items[spare]);
	} else {
		const struct container_record *old = bodies->items[spare];
		if (spare == workloads->oldest_container)
			workloads->oldest_container = (spare + 1) % MAX_CONTAINERS;
		if (workloads_is_podless(old))
			workloads->next_podless = (spare + 1) % bodies->count;
		workloads->container_ages[spare] = ++workloads->container_age;
		/* If the new container is in the same pod, the cgroups of the replaced container
		 * still lead to their pod. */
		if (text_compare(old->pod_uid, record->container->pod_uid) != 0 || !old->pod_uid)
			cgroup_index_forget(&workloads->container_cgroups, spare);
	}
	workloads_swap(kind, bodies->items[spare], record->body);
	workloads_index(workloads, kind, spare, true);
	return 0;
}

/* Adds a record to those stored, and takes over its body. Returns 0, or -ENOMEM without a
 * change. */
static int workloads_append(struct workloads *workloads, struct record *record)
{
	enum record_kind kind = record->kind;
	struct bodies *bodies = &workloads->bodies[kind];
	uint64_t hash = workloads_name_hash(workloads_name_of(kind, record->body));
	uint32_t at = (uint32_t)bodies->count;

	if (ARRAY_RESERVE(bodies->items, bodies->capacity, bodies->count + 1) ||
	    (kind == RECORD_CONTAINER &&
	     ARRAY_RESERVE(workloads->container_ages, workloads->container_ages_capacity,
			   bodies->count + 1)) ||
	    hash_index_insert(&bodies->by_name, hash, at))
		return -ENOMEM;
	if (kind == RECORD_CONTAINER)
		workloads->container_ages[at] = ++workloads->container_age;
	bodies->items[bodies->count++] = record->body;
	record->kind = RECORD_NONE;
	workloads_index(workloads, kind, at, true);
	return 0;
}

/* Stores a record: updates the stored record with its name, or adds it. Sets *at to its position.
 * Returns 0, or -ENOMEM without a change. */
static int workloads_put(struct workloads *workloads, struct record *record, uint32_t *at)
{
	enum record_kind kind = record->kind;

	*at = workloads_find(workloads, kind, workloads_name_of(kind, record->body));
	if (*at != HASH_INDEX_NONE) {
		workloads_update(workloads, record, *at);
		return 0;
	}
	*at = workloads_find_spare(workloads, record);
	if (*at != HASH_INDEX_NONE)
		return workloads_reuse(workloads, record, *at);
	*at = (uint32_t)workloads->bodies[kind].count;
	return workloads_append(workloads, record);
}

/* Assigns a nested cgroup to the container with the id outer_id. The cgroup of that container is an
 * ancestor of the nested one. Returns 0 or -ENOMEM. */
static int workloads_give_to_outer(struct workloads *workloads, const char *outer_id,
				   const char *node, uint64_t cgroup_id)
{
	struct record record;
	int error = record_new_body(RECORD_CONTAINER, &record);

	if (error)
		return error;
	record.container->cgroup_id = cgroup_id;
	error = text_copy(outer_id, &record.container->id);
	if (!error)
		error = text_copy(node, &record.container->node);
	if (!error)
		error = workloads_apply(workloads, &record);
	record_free(&record);
	return error;
}

/* Assigns all known cgroups of a container to its outer container. A process inside the outer
 * container made these cgroups to imitate the container. */
static void workloads_unmask(struct workloads *workloads, uint32_t at)
{
	const struct container_record *kept = workloads->bodies[RECORD_CONTAINER].items[at];
	const struct cgroup_entry *entry;

	while ((entry = cgroup_index_first(&workloads->container_cgroups, at))) {
		if (workloads_give_to_outer(workloads, kept->outer_id, kept->node,
					    cgroup_index_id(&workloads->container_cgroups, entry)))
			break;
	}
	cgroup_index_forget(&workloads->container_cgroups, at);
}

static int workloads_apply_container(struct workloads *workloads, struct record *record)
{
	const struct container_record *fresh = record->container;
	uint32_t at = workloads_find(workloads, RECORD_CONTAINER,
				     workloads_name_of(RECORD_CONTAINER, fresh));
	const struct container_record *kept = workloads_record_at(workloads, RECORD_CONTAINER, at);
	uint64_t cgroup_id = fresh->cgroup_id;
	uint32_t claim = workloads_path_claim(fresh);

	if (kept && workloads_is_imitation(fresh, kept))
		return workloads_give_to_outer(workloads, fresh->outer_id, fresh->node, cgroup_id);
	if (kept && kept->outer_id && cgroup_id && !fresh->outer_id)
		workloads_unmask(workloads, at);
	int error = workloads_put(workloads, record, &at);
	if (!error)
		workloads_index_cgroup(workloads, at, cgroup_id, claim);
	return error;
}

int workloads_apply(struct workloads *workloads, struct record *record)
{
	enum record_kind kind = record->kind;
	uint32_t at;
	int error;

	if (kind < RECORD_CONTAINER || kind > RECORD_WORKLOAD)
		return -EINVAL;
	if (kind == RECORD_WORKLOAD) {
		error = owners_apply(&workloads->owners, record->workload);
		record->kind = error ? record->kind : RECORD_NONE;
	} else {
		error = kind == RECORD_CONTAINER ? workloads_apply_container(workloads, record)
						 : workloads_put(workloads, record, &at);
	}
	if (error)
		return error;
	record_free(record);
	workloads->revision++;
	return 0;
}

void workloads_translate(struct workloads *workloads, const struct flow *flow)
{
	struct address_cursor cursor;

	if (workloads_first_at(workloads, RECORD_SERVICE, flow->family, &flow->dst, &cursor))
		return;
	if (translations_add(&workloads->translations, flow))
		workloads->revision++;
}

const struct address_translation *workloads_translation(const struct workloads *workloads,
							uint8_t family,
							const struct flow_address *address,
							uint8_t protocol, uint16_t port)
{
	return translations_find(&workloads->translations, family, address, protocol, port);
}

const struct translations *workloads_translations(const struct workloads *workloads)
{
	return &workloads->translations;
}

const struct owners *workloads_owners(const struct workloads *workloads)
{
	return &workloads->owners;
}

uint64_t workloads_revision(const struct workloads *workloads)
{
	return workloads->revision;
}

void workloads_set_time(struct workloads *workloads, uint64_t time_ns)
{
	workloads->time_ns = time_ns;
}

const struct labels *workloads_former_labels(const struct workloads *workloads,
					     const struct pod_record *pod, uint64_t time_ns)
{
	return label_history_find(&workloads->pod_labels, pod, time_ns);
}

const struct labels *workloads_former_namespace_labels(const struct workloads *workloads,
						       const char *name, uint64_t time_ns)
{
	/* Namespaces rarely change. */
	if (workloads->namespace_labels.count == 0)
		return NULL;
	const struct namespace_record *found = workloads_namespace(workloads, name);
	return found ? label_history_find(&workloads->namespace_labels, found, time_ns) : NULL;
}

bool workloads_stored(const struct workloads *workloads, const struct record *record,
		      struct record *out)
{
	enum record_kind kind = record->kind;
	void *body = workloads_record_at(
		workloads, kind,
		workloads_find(workloads, kind, workloads_name_of(kind, record->body)));

	*out = (struct record){.kind = (uint8_t)kind, .body = body};
	return body != NULL;
}

const struct pod_record *workloads_pod_to_leave(const struct workloads *workloads,
						const char *namespace_name, const char *name)
{
	if (workloads_pod(workloads, namespace_name, name))
		return NULL;
	return workloads_record_at(workloads, RECORD_POD, workloads_find_spare_pod(workloads));
}
