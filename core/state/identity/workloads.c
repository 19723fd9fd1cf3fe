/* SPDX-License-Identifier: Apache-2.0 */
#include "core/state/identity/workloads.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/hash.h"
#include "core/base/hash_index.h"
#include "core/base/text.h"
#include "core/record/address.h"
#include "core/state/identity/address_index.h"
#include "core/state/identity/cgroup_index.h"
#include "core/state/identity/label_history.h"
#include "core/state/identity/merge.h"
#include "core/state/identity/service.h"

/*
 * No record reports the deletion of a container. Beyond this many containers, a new one replaces
 * the oldest. Kubernetes supports 110 pods per node, so a merged stream of several hundred nodes
 * still fits.
 */
#define MAX_CONTAINERS 65536

/* A pod with this many containers reuses their bodies, see workloads_find_spare_container. A pod
 * gets a new container at each restart, and restarts so often only within days. */
#define CONTAINERS_PER_POD 1024

/* Dead pods stay, since their flows keep their names, but a cluster that runs jobs makes any number
 * of them. Beyond this many, a new pod replaces one that died long ago. */
#define MAX_DEAD_PODS 65536

/* Bodies of one kind in order of first appearance, and their positions by name and address. */
struct bodies {
	void **items;
	size_t count;
	size_t capacity;
	struct hash_index by_name;
	struct address_index by_address; /* of pods, Services and nodes */
};

struct workloads {
	uint64_t revision;
	struct bodies bodies[RECORD_NODE + 1]; /* by kind, from RECORD_CONTAINER */
	struct owners owners;
	struct hash_index pods_by_uid;
	struct hash_index pods_by_container; /* keys: the ids in pod_record.containers */
	struct hash_index pods_by_family;    /* by workloads_family_hash */
	struct cgroup_index container_cgroups;
	struct hash_index service_node_ports;
	struct hash_index pod_host_ports;
	/* Bits of the prefix lengths of the nodes' address blocks for pods; never cleared. */
	uint64_t pod_block_lengths[2][3]; /* IPv4, IPv6 */
	bool has_cluster;
	uint64_t time_ns; /* Unix time of the latest flow */
	struct label_history label_history;
	struct hash_index containers_by_pod; /* keys: the UIDs of the pods */
	uint64_t *container_ages;            /* by index; greater for later containers */
	size_t container_ages_capacity;
	uint64_t container_age;
	size_t oldest_container; /* index of the next container to replace beyond MAX_CONTAINERS */
	size_t dead_pods;
	size_t next_dead; /* index where the search for a dead pod to replace begins */
};

/* The name of a body. The name of a container is its id. */
struct workloads_name {
	const char *namespace_name; /* NULL: the kind has no namespace */
	const char *name;
};

/* The name is the first member of a body, or the second one after the namespace. */
_Static_assert(offsetof(struct pod_record, name) == sizeof(char *), "namespace, name");
_Static_assert(offsetof(struct service_record, name) == sizeof(char *), "namespace, name");
_Static_assert(offsetof(struct container_record, id) == 0, "id");
_Static_assert(offsetof(struct namespace_record, name) == 0, "name");
_Static_assert(offsetof(struct node_record, name) == 0, "name");

static struct workloads_name workloads_name_of(enum record_kind kind, const void *body)
{
	char *const *texts = body;

	if (kind == RECORD_POD || kind == RECORD_SERVICE)
		return (struct workloads_name){texts[0], texts[1]};
	return (struct workloads_name){NULL, texts[0]};
}

static uint64_t workloads_name_hash(struct workloads_name name)
{
	return hash_string(hash_string(hash_seed(), name.namespace_name), name.name);
}

/* Returns the body at a position, or NULL for HASH_INDEX_NONE. */
static void *workloads_body(const struct workloads *workloads, enum record_kind kind, size_t at)
{
	const struct bodies *bodies = &workloads->bodies[kind];

	return at < bodies->count ? bodies->items[at] : NULL;
}

static uint32_t workloads_find(const struct workloads *workloads, enum record_kind kind,
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

/* Returns the body with a name, or NULL. */
static const void *workloads_get(const struct workloads *workloads, enum record_kind kind,
				 const char *namespace_name, const char *name)
{
	const struct workloads_name key = {namespace_name, name};

	return workloads_body(workloads, kind, workloads_find(workloads, kind, key));
}

int workloads_new(struct workloads **out)
{
	struct workloads *workloads = calloc(1, sizeof(*workloads));

	if (!workloads)
		return -ENOMEM;
	*out = workloads;
	return 0;
}

void workloads_free(struct workloads *workloads)
{
	if (!workloads)
		return;
	for (int kind = RECORD_CONTAINER; kind <= RECORD_NODE; kind++) {
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
	label_history_clear(&workloads->label_history);
	free(workloads);
}

bool workloads_holds_addresses(const struct pod_record *pod)
{
	return !pod->deleted && !(pod->phase && (strcmp(pod->phase, "Succeeded") == 0 ||
						 strcmp(pod->phase, "Failed") == 0));
}

/* --- indexes: each function adds the body at a position, or removes it --- */

static void workloads_index_addresses(struct workloads *workloads, enum record_kind kind,
				      const struct string_list *texts, uint32_t at, bool add)
{
	struct address_index *addresses = &workloads->bodies[kind].by_address;

	/* Without memory the index lacks the body, and only a look-up misses it. */
	if (add)
		(void)address_index_add(addresses, texts, at);
	else
		address_index_remove(addresses, texts, at);
}

static void workloads_index_hash(struct hash_index *index, uint64_t hash, uint32_t at, bool add)
{
	if (add)
		(void)hash_index_insert(index, hash, at);
	else
		hash_index_remove(index, hash, at);
}

/* Returns the length of a name without its last part: "web-6d4cf56db6" has the stem "web". */
static size_t workloads_stem(const char *name, size_t length)
{
	while (length > 0 && name[length - 1] != '-')
		length--;
	return length > 1 ? length - 1 : 0;
}

/*
 * Hashes a name that all pods of one workload share. With an owner, that is the owner's name
 * without the hash or time that a Deployment, a Rollout or a CronJob appends. Without an owner, it
 * is the pod's name without its last part and the hash of the template. Pods of other workloads may
 * have the same hash.
 */
static uint64_t workloads_family_hash(const struct pod_record *pod)
{
	static const char *const hash_labels[] = {"pod-template-hash",
						  "rollouts-pod-template-hash"};
	const char *name = pod->owner_name ? pod->owner_name : pod->name;
	const char *kind = pod->owner_name ? pod->owner_kind : NULL;
	size_t length = strlen(name);
	size_t stem = workloads_stem(name, length);

	if (pod->owner_name) {
		bool appended = kind && (strcmp(kind, "ReplicaSet") == 0 ||
					 strcmp(kind, "ReplicationController") == 0 ||
					 strcmp(kind, "Job") == 0);
		length = appended && stem > 0 ? stem : length;
	} else if (stem > 0) {
		length = stem;
		for (size_t i = 0; i < ARRAY_LENGTH(hash_labels); i++) {
			const char *hash = labels_get(&pod->labels, hash_labels[i]);
			stem = workloads_stem(name, length);
			if (hash && stem > 0 && strlen(hash) == length - stem - 1 &&
			    strncmp(name + stem + 1, hash, length - stem - 1) == 0)
				length = stem;
		}
	}
	return hash_bytes(hash_string(hash_seed(), pod->namespace_name), name, length);
}

/* The hash is the key itself, so equal hashes are equal keys. */
static uint64_t workloads_node_port_hash(uint8_t protocol, uint16_t node_port)
{
	return (uint64_t)protocol << 16 | node_port;
}

static void workloads_index_host_ports(struct workloads *workloads, const struct pod_record *pod,
				       uint32_t at, bool add)
{
	for (size_t i = 0; i < pod->port_count; i++) {
		const struct pod_port *port = &pod->ports[i];
		if (port->host_port != 0)
			workloads_index_hash(
				&workloads->pod_host_ports,
				workloads_node_port_hash(service_protocol(port->protocol),
							 port->host_port),
				at, add);
	}
}

static void workloads_index_pod(struct workloads *workloads, const struct pod_record *pod,
				uint32_t at, bool add)
{
	workloads->dead_pods += add ? pod->deleted : -(size_t)pod->deleted;
	workloads_index_hash(&workloads->pods_by_family, workloads_family_hash(pod), at, add);
	if (pod->uid)
		workloads_index_hash(&workloads->pods_by_uid, hash_string(0, pod->uid), at, add);
	for (size_t i = 0; i < pod->container_count; i++) {
		if (pod->containers[i].id)
			workloads_index_hash(&workloads->pods_by_container,
					     hash_string(0, pod->containers[i].id), at, add);
	}
	if (workloads_holds_addresses(pod)) {
		workloads_index_addresses(workloads, RECORD_POD, &pod->ips, at, add);
		workloads_index_host_ports(workloads, pod, at, add);
	}
}

static void workloads_index_service(struct workloads *workloads,
				    const struct service_record *service, uint32_t at, bool add)
{
	if (service->deleted)
		return;
	workloads_index_addresses(workloads, RECORD_SERVICE, &service->cluster_ips, at, add);
	workloads_index_addresses(workloads, RECORD_SERVICE, &service->lb_ips, at, add);
	workloads_index_addresses(workloads, RECORD_SERVICE, &service->proxy_ips, at, add);
	for (size_t i = 0; i < service->port_count; i++) {
		const struct service_port *port = &service->ports[i];
		uint8_t protocol = service_protocol(port->protocol);
		if (port->node_port != 0)
			workloads_index_hash(&workloads->service_node_ports,
					     workloads_node_port_hash(protocol, port->node_port),
					     at, add);
	}
}

/* Adds an address to a list of texts. Without memory, look-ups do not find the address. */
static void workloads_list_address(struct string_list *texts, uint8_t family,
				   const struct flow_address *address)
{
	char text[ADDRESS_TEXT_SIZE];

	address_format(family, address, text);
	(void)string_list_add(texts, text);
}

/* Adds or removes the addresses of a node: its own, and the first two of each of its blocks for
 * pods, which belong to its tunnel device and its bridge. */
static void workloads_index_node(struct workloads *workloads, const struct node_record *node,
				 uint32_t at, bool add)
{
	struct string_list gateways = {0};

	if (node->deleted)
		return;
	for (size_t i = 0; i < node->pod_cidrs.count; i++) {
		struct flow_address address;
		uint8_t family;
		unsigned int length;
		if (address_parse_block(node->pod_cidrs.items[i], &family, &address, &length) ||
		    length == 0)
			continue;
		address_mask(&address, length);
		workloads->pod_block_lengths[family == 6][length / 64] |= UINT64_C(1)
									  << length % 64;
		workloads_list_address(&gateways, family, &address);
		if (length == address_bits(family))
			continue;
		address.bytes[family == 4 ? 3 : 15] |= 1;
		workloads_list_address(&gateways, family, &address);
	}
	workloads_index_addresses(workloads, RECORD_NODE, &node->ips, at, add);
	workloads_index_addresses(workloads, RECORD_NODE, &gateways, at, add);
	string_list_clear(&gateways);
}

static void workloads_index_container(struct workloads *workloads,
				      const struct container_record *container, uint32_t at,
				      bool add)
{
	workloads->has_cluster |= container->pod_uid || container->pod;
	if (container->pod_uid)
		workloads_index_hash(&workloads->containers_by_pod,
				     hash_string(0, container->pod_uid), at, add);
}

static void workloads_index(struct workloads *workloads, enum record_kind kind, uint32_t at,
			    bool add)
{
	const void *body = workloads->bodies[kind].items[at];

	workloads->has_cluster |= kind == RECORD_POD || kind == RECORD_SERVICE;
	if (kind == RECORD_POD)
		workloads_index_pod(workloads, body, at, add);
	else if (kind == RECORD_SERVICE)
		workloads_index_service(workloads, body, at, add);
	else if (kind == RECORD_NODE)
		workloads_index_node(workloads, body, at, add);
	else if (kind == RECORD_CONTAINER)
		workloads_index_container(workloads, body, at, add);
}

/* --- cgroups of containers --- */

/*
 * Returns the claim of a record: a hash of the pod that a cgroup's path names, or 0 without a
 * claim. A record without the name of a pod comes from a path, which the maker of the cgroup chose.
 * A path names a static pod by the hash of its manifest, which is not its UID in the API. Such a
 * path makes no claim.
 */
static uint32_t workloads_path_claim(const struct container_record *container)
{
	if (container->cgroup_id == 0 || container->pod || !container->pod_uid ||
	    !strchr(container->pod_uid, '-'))
		return 0;
	return (uint32_t)hash_string(1, container->pod_uid) | 1;
}

/* Cgroup ids are unique only within a node. */
static uint64_t workloads_cgroup_key(const char *node, uint64_t cgroup_id)
{
	return node ? hash_string(hash_u64(cgroup_id), node) : cgroup_id;
}

/* Returns whether a record with a cgroup must not change the known body: its cgroup is below
 * another container, and that of the known body is not. */
static bool workloads_is_imitation(const struct container_record *fresh,
				   const struct container_record *kept)
{
	return fresh->outer_id && kept->cgroup_id && !kept->outer_id;
}

/* Adds the cgroup to a container, which keeps the cgroups of its former records. */
static void workloads_index_cgroup(struct workloads *workloads, uint32_t at, uint64_t cgroup_id,
				   uint32_t claim)
{
	const struct container_record *container = workloads->bodies[RECORD_CONTAINER].items[at];

	const struct cgroup_entry entry = {
		.key = workloads_cgroup_key(container->node, cgroup_id),
		.cgroup_id = cgroup_id,
		.container = at,
		.claim = claim,
	};
	if (cgroup_id)
		(void)cgroup_index_set(&workloads->container_cgroups, &entry);
}

/* --- bodies --- */

/* Returns whether the record deletes an earlier pod, although a later one already has its name. */
static bool workloads_is_late_deletion(const struct pod_record *pod, const struct pod_record *kept)
{
	return pod->deleted && pod->uid && kept->uid && strcmp(pod->uid, kept->uid) != 0;
}

/* Finds the body that a new pod replaces, or HASH_INDEX_NONE. */
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

/*
 * Finds the body that a new container replaces, or HASH_INDEX_NONE for a new body. A pod with more
 * containers than there are free bodies, or with CONTAINERS_PER_POD containers, reuses the body of
 * its oldest one (see quota.h). Without free bodies, the first container of a pod replaces the
 * oldest container of all.
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
	return free_bodies > 0 ? HASH_INDEX_NONE : (uint32_t)workloads->oldest_container;
}

static uint32_t workloads_find_spare(const struct workloads *workloads, const struct record *record)
{
	if (record->kind == RECORD_CONTAINER)
		return workloads_find_spare_container(workloads, record->container);
	return record->kind == RECORD_POD ? workloads_find_spare_pod(workloads) : HASH_INDEX_NONE;
}

/* Swaps the contents of two bodies. The address of a body does not change, since views have
 * pointers to it. */
static void workloads_swap(enum record_kind kind, void *kept, void *other)
{
	static const size_t sizes[] = {
		[RECORD_CONTAINER] = sizeof(struct container_record),
		[RECORD_POD] = sizeof(struct pod_record),
		[RECORD_SERVICE] = sizeof(struct service_record),
		[RECORD_NAMESPACE] = sizeof(struct namespace_record),
		[RECORD_NODE] = sizeof(struct node_record),
	};
	union {
		struct container_record container;
		struct pod_record pod;
		struct service_record service;
		struct namespace_record namespace_record;
		struct node_record node;
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

/* Stores the labels of a pod before its update, unless there were none. */
static void workloads_keep_labels(struct workloads *workloads, const struct pod_record *pod,
				  struct pod_record *former)
{
	if (former->labels.count > 0 && !pod->deleted &&
	    workloads_labels_differ(&pod->labels, &former->labels))
		label_history_add(&workloads->label_history, pod, &former->labels,
				  workloads->time_ns);
}

/* Updates the body of the same name. */
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
	workloads_index(workloads, kind, at, true);
}

/* Puts a record into a spare body. Returns 0, or -ENOMEM without a change. */
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
		label_history_forget(&workloads->label_history, bodies->items[spare]);
	} else {
		const struct container_record *old = bodies->items[spare];
		if (spare == workloads->oldest_container)
			workloads->oldest_container = (spare + 1) % MAX_CONTAINERS;
		workloads->container_ages[spare] = ++workloads->container_age;
		/* The cgroups of a replaced container still belong to its pod. */
		if (text_compare(old->pod_uid, record->container->pod_uid) != 0 || !old->pod_uid)
			cgroup_index_forget(&workloads->container_cgroups, spare);
	}
	workloads_swap(kind, bodies->items[spare], record->body);
	workloads_index(workloads, kind, spare, true);
	return 0;
}

/* Takes the body of a record over. Returns 0, or -ENOMEM without a change. */
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

/* Updates or adds the body of the record's name. Sets *at to its position. Returns 0, or -ENOMEM
 * without a change. */
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

/* Moves a cgroup to the container that the cgroup is below. Returns 0 or -ENOMEM. */
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

/* Moves all cgroups of an imitation to the container that they are below. */
static void workloads_unmask(struct workloads *workloads, uint32_t at)
{
	const struct container_record *kept = workloads->bodies[RECORD_CONTAINER].items[at];
	const struct cgroup_entry *entry;

	while ((entry = cgroup_index_first(&workloads->container_cgroups, at))) {
		if (workloads_give_to_outer(workloads, kept->outer_id, kept->node,
					    entry->cgroup_id))
			break;
	}
	cgroup_index_forget(&workloads->container_cgroups, at);
}

static int workloads_apply_container(struct workloads *workloads, struct record *record)
{
	const struct container_record *fresh = record->container;
	uint32_t at = workloads_find(workloads, RECORD_CONTAINER,
				     workloads_name_of(RECORD_CONTAINER, fresh));
	const struct container_record *kept = workloads_body(workloads, RECORD_CONTAINER, at);
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
	return label_history_find(&workloads->label_history, pod, time_ns);
}

const struct pod_record *workloads_pod_to_leave(const struct workloads *workloads,
						const char *namespace_name, const char *name)
{
	if (workloads_pod(workloads, namespace_name, name))
		return NULL;
	return workloads_body(workloads, RECORD_POD, workloads_find_spare_pod(workloads));
}

const struct pod_record *workloads_pod(const struct workloads *workloads,
				       const char *namespace_name, const char *name)
{
	return workloads_get(workloads, RECORD_POD, namespace_name, name);
}

const struct container_record *workloads_container(const struct workloads *workloads,
						   const char *id)
{
	return workloads_get(workloads, RECORD_CONTAINER, NULL, id);
}

const struct namespace_record *workloads_namespace(const struct workloads *workloads,
						   const char *name)
{
	return workloads_get(workloads, RECORD_NAMESPACE, NULL, name);
}

const struct node_record *workloads_node(const struct workloads *workloads, const char *name)
{
	return workloads_get(workloads, RECORD_NODE, NULL, name);
}

const struct pod_record *workloads_pod_by_uid(const struct workloads *workloads, const char *uid)
{
	const struct hash_index *index = &workloads->pods_by_uid;
	struct hash_cursor cursor;
	uint32_t at = hash_index_first(index, hash_string(0, uid), &cursor);

	for (; at != HASH_INDEX_NONE; at = hash_index_next(index, &cursor)) {
		const struct pod_record *pod = workloads->bodies[RECORD_POD].items[at];
		if (strcmp(pod->uid, uid) == 0)
			return pod;
	}
	return NULL;
}

/* Returns the name of a container in the record of a pod, or NULL if the record lacks the
 * container. */
static const char *workloads_container_name(const struct pod_record *pod, const char *id)
{
	for (size_t i = 0; i < pod->container_count; i++) {
		const struct pod_container *container = &pod->containers[i];
		if (container->id && container->name && strcmp(container->id, id) == 0)
			return container->name;
	}
	return NULL;
}

const struct pod_record *workloads_pod_by_container(const struct workloads *workloads,
						    const char *id, const char **name)
{
	const struct hash_index *index = &workloads->pods_by_container;
	struct hash_cursor cursor;
	uint32_t at = hash_index_first(index, hash_string(0, id), &cursor);

	for (; at != HASH_INDEX_NONE; at = hash_index_next(index, &cursor)) {
		const struct pod_record *pod = workloads->bodies[RECORD_POD].items[at];
		*name = workloads_container_name(pod, id);
		if (*name)
			return pod;
	}
	return NULL;
}

const struct pod_record *workloads_first_relative(const struct workloads *workloads,
						  const struct pod_record *pod,
						  struct hash_cursor *cursor)
{
	return workloads_body(
		workloads, RECORD_POD,
		hash_index_first(&workloads->pods_by_family, workloads_family_hash(pod), cursor));
}

const struct pod_record *workloads_next_relative(const struct workloads *workloads,
						 struct hash_cursor *cursor)
{
	return workloads_body(workloads, RECORD_POD,
			      hash_index_next(&workloads->pods_by_family, cursor));
}

/* Finds the entry of a node's cgroup, or that of a record without a node. */
static const struct cgroup_entry *workloads_find_cgroup(const struct workloads *workloads,
							const char *node, uint64_t cgroup_id)
{
	const struct cgroup_index *cgroups = &workloads->container_cgroups;
	const struct cgroup_entry *entry = NULL;

	if (cgroup_id == 0)
		return NULL;
	if (node)
		entry = cgroup_index_find(cgroups, workloads_cgroup_key(node, cgroup_id));
	return entry ? entry : cgroup_index_find(cgroups, cgroup_id);
}

/* Returns whether the path of a cgroup names another pod than the container's record. */
static bool workloads_contradicts(const struct container_record *container, uint32_t claim)
{
	return claim != 0 && container->pod && container->pod_uid &&
	       strchr(container->pod_uid, '-') &&
	       claim != ((uint32_t)hash_string(1, container->pod_uid) | 1);
}

enum workloads_cgroup workloads_cgroup(const struct workloads *workloads, const char *node,
				       uint64_t cgroup_id, const struct container_record **out)
{
	const struct cgroup_entry *entry = workloads_find_cgroup(workloads, node, cgroup_id);

	*out = NULL;
	if (!entry)
		return WORKLOADS_CGROUP_UNKNOWN;
	const struct container_record *container =
		workloads_body(workloads, RECORD_CONTAINER, entry->container);
	if (!container)
		return WORKLOADS_CGROUP_UNKNOWN;
	if (workloads_contradicts(container, entry->claim))
		return WORKLOADS_CGROUP_CONTRADICTED;
	*out = container;
	return WORKLOADS_CGROUP_CONTAINER;
}

const struct container_record *workloads_container_by_cgroup(const struct workloads *workloads,
							     const char *node, uint64_t cgroup_id)
{
	const struct container_record *container;

	(void)workloads_cgroup(workloads, node, cgroup_id, &container);
	return container;
}

uint64_t workloads_next_cgroup(const struct workloads *workloads,
			       const struct container_record *container,
			       struct workloads_cgroup_cursor *cursor)
{
	const struct cgroup_index *cgroups = &workloads->container_cgroups;
	const struct cgroup_entry *entry = cursor->entry;

	if (!cursor->started)
		entry = cgroup_index_first(
			cgroups, workloads_find(workloads, RECORD_CONTAINER,
						workloads_name_of(RECORD_CONTAINER, container)));
	else if (entry)
		entry = cgroup_index_next(cgroups, entry);
	cursor->started = true;
	cursor->entry = entry;
	return entry ? entry->cgroup_id : 0;
}

const void *workloads_first_at(const struct workloads *workloads, enum record_kind kind,
			       uint8_t family, const struct flow_address *address,
			       struct address_cursor *cursor)
{
	const struct address_index *addresses = &workloads->bodies[kind].by_address;

	return workloads_body(workloads, kind,
			      address_index_first(addresses, family, address, cursor));
}

const void *workloads_next_at(const struct workloads *workloads, enum record_kind kind,
			      struct address_cursor *cursor)
{
	const struct address_index *addresses = &workloads->bodies[kind].by_address;

	return workloads_body(workloads, kind, address_index_next(addresses, cursor));
}

/* The index has the first address of each block, as one of the node's gateways. */
bool workloads_in_pod_block(const struct workloads *workloads, uint8_t family,
			    const struct flow_address *address)
{
	const uint64_t *lengths = workloads->pod_block_lengths[family == 6];
	struct address_cursor cursor;

	for (unsigned int length = 1; length <= (family == 4 ? 32 : 128); length++) {
		struct flow_address first = *address;
		if (!(lengths[length / 64] >> length % 64 & 1))
			continue;
		address_mask(&first, length);
		if (workloads_first_at(workloads, RECORD_NODE, family, &first, &cursor))
			return true;
	}
	return false;
}

const struct service_record *workloads_first_service_on(const struct workloads *workloads,
							uint8_t protocol, uint16_t node_port,
							struct hash_cursor *cursor)
{
	return workloads_body(workloads, RECORD_SERVICE,
			      hash_index_first(&workloads->service_node_ports,
					       workloads_node_port_hash(protocol, node_port),
					       cursor));
}

const struct service_record *workloads_next_service_on(const struct workloads *workloads,
						       struct hash_cursor *cursor)
{
	return workloads_body(workloads, RECORD_SERVICE,
			      hash_index_next(&workloads->service_node_ports, cursor));
}

const struct pod_record *workloads_first_pod_on(const struct workloads *workloads, uint8_t protocol,
						uint16_t host_port, struct hash_cursor *cursor)
{
	return workloads_body(workloads, RECORD_POD,
			      hash_index_first(&workloads->pod_host_ports,
					       workloads_node_port_hash(protocol, host_port),
					       cursor));
}

const struct pod_record *workloads_next_pod_on(const struct workloads *workloads,
					       struct hash_cursor *cursor)
{
	return workloads_body(workloads, RECORD_POD,
			      hash_index_next(&workloads->pod_host_ports, cursor));
}

bool workloads_has_cluster(const struct workloads *workloads)
{
	return workloads->has_cluster;
}

size_t workloads_count(const struct workloads *workloads, enum record_kind kind)
{
	return workloads->bodies[kind].count;
}

const struct pod_record *workloads_pod_at(const struct workloads *workloads, size_t index)
{
	return workloads_body(workloads, RECORD_POD, index);
}

const struct node_record *workloads_node_at(const struct workloads *workloads, size_t index)
{
	return workloads_body(workloads, RECORD_NODE, index);
}

const struct service_record *workloads_service_at(const struct workloads *workloads, size_t index)
{
	return workloads_body(workloads, RECORD_SERVICE, index);
}
