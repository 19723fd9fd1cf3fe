/* SPDX-License-Identifier: Apache-2.0 */
#include "core/state/identity/workloads.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/hash.h"
#include "core/base/hash_index.h"
#include "core/record/address.h"
#include "core/state/identity/address_index.h"
#include "core/state/identity/cgroup_index.h"
#include "core/state/identity/merge.h"
#include "core/state/identity/service.h"

/*
 * No container record says that it is gone, so beyond this many the oldest body takes the newest
 * content. Kubernetes supports 110 pods a node; a merged stream of some hundred nodes still fits.
 */
#define MAX_CONTAINERS 65536

/*
 * Flows of dead pods keep their names, but a cluster that runs jobs makes dead pods without
 * end: beyond this many the body of one that is long gone takes the newest content.
 */
#define MAX_DEAD_PODS 65536

/* Bodies of one kind in order of first appearance, and where each name's stands. */
struct bodies {
	void **items;
	size_t count;
	size_t capacity;
	struct hash_index by_name;
};

struct workloads {
	uint64_t revision;
	struct bodies pods;
	struct bodies containers; /* by id */
	struct bodies services;
	struct bodies namespaces;
	struct bodies nodes;
	struct hash_index pods_by_uid;
	struct cgroup_index container_cgroups;
	struct address_index pod_addresses;
	struct address_index service_addresses;
	struct hash_index service_node_ports;
	struct address_index node_addresses;
	size_t oldest_container; /* the next to be taken over once there are MAX_CONTAINERS */
	size_t dead_pods;
	size_t next_dead; /* where the next dead pod to be taken over is looked for */
};

static uint64_t name_hash(const char *namespace_name, const char *name)
{
	return hash_string(hash_string(hash_seed(), namespace_name), name);
}

/* Appends a body under a name's hash. 0 or -ENOMEM, unchanged then. */
static int bodies_add(struct bodies *bodies, void *body, uint64_t hash)
{
	if (ARRAY_RESERVE(bodies->items, bodies->capacity, bodies->count + 1))
		return -ENOMEM;
	int error = hash_index_insert(&bodies->by_name, hash, (uint32_t)bodies->count);
	if (error)
		return error;
	bodies->items[bodies->count++] = body;
	return 0;
}

static void bodies_clear(struct bodies *bodies)
{
	free(bodies->items);
	hash_index_clear(&bodies->by_name);
	*bodies = (struct bodies){0};
}

/*
 * For each kind: KIND_at, a body by position; KIND_find, its position by name, or HASH_INDEX_NONE;
 * and KIND_swap, which gives a body that stays where it is (views hold pointers to it) the content
 * of another one, and that one the old content.
 */
#define BODY_KIND(kind, list, fits)                                                                \
	static struct kind##_record *kind##_at(const struct workloads *workloads, uint32_t at)     \
	{                                                                                          \
		return workloads->list.items[at];                                                  \
	}                                                                                          \
	static uint32_t kind##_find(const struct workloads *workloads, const char *namespace_name, \
				    const char *name)                                              \
	{                                                                                          \
		const struct hash_index *index = &workloads->list.by_name;                         \
		struct hash_cursor cursor;                                                         \
		uint32_t at = hash_index_first(index, name_hash(namespace_name, name), &cursor);   \
		for (; at != HASH_INDEX_NONE; at = hash_index_next(index, &cursor)) {              \
			const struct kind##_record *body = kind##_at(workloads, at);               \
			if (fits)                                                                  \
				break;                                                             \
		}                                                                                  \
		return at;                                                                         \
	}                                                                                          \
	static void kind##_swap(struct kind##_record *kept, struct kind##_record *other)           \
	{                                                                                          \
		struct kind##_record content = *kept;                                              \
		*kept = *other;                                                                    \
		*other = content;                                                                  \
	}

#define NAMED(text)      (strcmp(body->text, name) == 0)
#define NAMED_IN(parent) (NAMED(name) && strcmp(body->parent, namespace_name) == 0)

BODY_KIND(pod, pods, NAMED_IN(namespace_name))
BODY_KIND(service, services, NAMED_IN(namespace_name))
BODY_KIND(container, containers, NAMED(id))
BODY_KIND(namespace, namespaces, NAMED(name))
BODY_KIND(node, nodes, NAMED(name))

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
	for (uint32_t i = 0; i < workloads->pods.count; i++)
		pod_record_free(pod_at(workloads, i));
	for (uint32_t i = 0; i < workloads->containers.count; i++)
		container_record_free(container_at(workloads, i));
	for (uint32_t i = 0; i < workloads->services.count; i++)
		service_record_free(service_at(workloads, i));
	for (uint32_t i = 0; i < workloads->namespaces.count; i++)
		namespace_record_free(namespace_at(workloads, i));
	for (uint32_t i = 0; i < workloads->nodes.count; i++)
		node_record_free(node_at(workloads, i));
	bodies_clear(&workloads->pods);
	bodies_clear(&workloads->containers);
	bodies_clear(&workloads->services);
	bodies_clear(&workloads->namespaces);
	bodies_clear(&workloads->nodes);
	hash_index_clear(&workloads->pods_by_uid);
	cgroup_index_clear(&workloads->container_cgroups);
	address_index_clear(&workloads->pod_addresses);
	address_index_clear(&workloads->service_addresses);
	hash_index_clear(&workloads->service_node_ports);
	address_index_clear(&workloads->node_addresses);
	free(workloads);
}

bool workloads_holds_addresses(const struct pod_record *pod)
{
	return !pod->deleted && !(pod->phase && (strcmp(pod->phase, "Succeeded") == 0 ||
						 strcmp(pod->phase, "Failed") == 0));
}

/* Returns whether the record deletes a former pod of a name that the next one has already. */
static bool is_late_deletion(const struct pod_record *pod, const struct pod_record *kept)
{
	return pod->deleted && pod->uid && kept->uid && strcmp(pod->uid, kept->uid) != 0;
}

/* Finds the dead pod that gives its body to the next new pod, or HASH_INDEX_NONE. */
static uint32_t find_dead_pod(const struct workloads *workloads)
{
	size_t at = workloads->next_dead;

	if (workloads->dead_pods < MAX_DEAD_PODS)
		return HASH_INDEX_NONE;
	while (!pod_at(workloads, (uint32_t)at)->deleted)
		at = (at + 1) % workloads->pods.count;
	return (uint32_t)at;
}

/* Finds the position of a new pod's body: the next one, or a dead pod's. 0 or -ENOMEM. */
static int place_pod(struct workloads *workloads, struct pod_record *pod, uint32_t *at)
{
	uint64_t hash = name_hash(pod->namespace_name, pod->name);

	*at = find_dead_pod(workloads);
	if (*at == HASH_INDEX_NONE) {
		int error = bodies_add(&workloads->pods, pod, hash);
		*at = (uint32_t)workloads->pods.count - 1;
		return error;
	}
	struct hash_index *by_name = &workloads->pods.by_name;
	int error = hash_index_insert(by_name, hash, *at);
	if (error)
		return error;
	struct pod_record *kept = pod_at(workloads, *at);
	hash_index_remove(by_name, name_hash(kept->namespace_name, kept->name), *at);
	if (kept->uid)
		hash_index_remove(&workloads->pods_by_uid, hash_string(0, kept->uid), *at);
	workloads->next_dead = (*at + 1) % workloads->pods.count;
	workloads->dead_pods--;
	pod_swap(kept, pod);
	pod_record_free(pod);
	return 0;
}

static int apply_pod(struct workloads *workloads, struct pod_record *pod)
{
	uint32_t at = pod_find(workloads, pod->namespace_name, pod->name);
	struct pod_record *kept = NULL;
	int error = 0;

	if (at == HASH_INDEX_NONE) {
		error = place_pod(workloads, pod, &at);
		if (error)
			return error;
		kept = pod_at(workloads, at);
	} else {
		kept = pod_at(workloads, at);
		if (is_late_deletion(pod, kept)) {
			pod_record_free(pod);
			return 0;
		}
		address_index_remove(&workloads->pod_addresses, &kept->ips, at);
		if (kept->uid)
			hash_index_remove(&workloads->pods_by_uid, hash_string(0, kept->uid), at);
		workloads->dead_pods -= kept->deleted;
		merge_pod(pod, kept);
		pod_swap(kept, pod);
		pod_record_free(pod);
	}
	workloads->dead_pods += kept->deleted;
	/* The body is kept: that an index had no memory for it only makes a look-up miss. */
	if (kept->uid)
		(void)hash_index_insert(&workloads->pods_by_uid, hash_string(0, kept->uid), at);
	if (workloads_holds_addresses(kept))
		(void)address_index_add(&workloads->pod_addresses, &kept->ips, at);
	return 0;
}

/* Finds the position of a new container's body: the next one, or the oldest's. 0 or -ENOMEM. */
static int place_container(struct workloads *workloads, struct container_record *container,
			   uint32_t *at)
{
	uint64_t hash = name_hash(NULL, container->id);

	if (workloads->containers.count < MAX_CONTAINERS) {
		int error = bodies_add(&workloads->containers, container, hash);
		*at = (uint32_t)workloads->containers.count - 1;
		return error;
	}
	*at = (uint32_t)workloads->oldest_container;
	int error = hash_index_insert(&workloads->containers.by_name, hash, *at);
	if (error)
		return error;
	struct container_record *kept = container_at(workloads, *at);
	workloads->oldest_container = (*at + 1) % MAX_CONTAINERS;
	hash_index_remove(&workloads->containers.by_name, name_hash(NULL, kept->id), *at);
	cgroup_index_forget(&workloads->container_cgroups, *at);
	container_swap(kept, container);
	container_record_free(container);
	return 0;
}

static int apply_container(struct workloads *workloads, struct container_record *container)
{
	uint32_t at = container_find(workloads, NULL, container->id);

	if (at == HASH_INDEX_NONE) {
		int error = place_container(workloads, container, &at);
		if (error)
			return error;
	} else {
		struct container_record *kept = container_at(workloads, at);
		merge_container(container, kept);
		container_swap(kept, container);
		container_record_free(container);
	}
	/* The body is kept: that an index had no memory for it only makes a look-up miss. */
	uint64_t cgroup_id = container_at(workloads, at)->cgroup_id;
	if (cgroup_id)
		(void)cgroup_index_set(&workloads->container_cgroups, cgroup_id, at);
	return 0;
}

static uint64_t node_port_hash(uint8_t protocol, uint16_t node_port)
{
	return hash_u64((uint64_t)protocol << 16 | node_port);
}

/* Adds a Service's node ports to the index, or removes them. */
static void index_node_ports(struct workloads *workloads, uint32_t at, bool add)
{
	const struct service_record *service = service_at(workloads, at);

	for (size_t i = 0; i < service->port_count; i++) {
		const struct service_port *port = &service->ports[i];
		uint64_t hash = node_port_hash(service_protocol(port->protocol), port->node_port);
		if (port->node_port == 0)
			continue;
		if (add)
			(void)hash_index_insert(&workloads->service_node_ports, hash, at);
		else
			hash_index_remove(&workloads->service_node_ports, hash, at);
	}
}

static int apply_service(struct workloads *workloads, struct service_record *service)
{
	uint32_t at = service_find(workloads, service->namespace_name, service->name);
	struct service_record *kept = service;

	if (at == HASH_INDEX_NONE) {
		int error = bodies_add(&workloads->services, service,
				       name_hash(service->namespace_name, service->name));
		if (error)
			return error;
		at = (uint32_t)workloads->services.count - 1;
	} else {
		kept = service_at(workloads, at);
		address_index_remove(&workloads->service_addresses, &kept->cluster_ips, at);
		address_index_remove(&workloads->service_addresses, &kept->lb_ips, at);
		index_node_ports(workloads, at, false);
		service_swap(kept, service);
		service_record_free(service);
	}
	if (!kept->deleted) {
		(void)address_index_add(&workloads->service_addresses, &kept->cluster_ips, at);
		(void)address_index_add(&workloads->service_addresses, &kept->lb_ips, at);
		index_node_ports(workloads, at, true);
	}
	return 0;
}

static int apply_namespace(struct workloads *workloads, struct namespace_record *namespace_record)
{
	uint32_t at = namespace_find(workloads, NULL, namespace_record->name);

	if (at == HASH_INDEX_NONE)
		return bodies_add(&workloads->namespaces, namespace_record,
				  name_hash(NULL, namespace_record->name));
	namespace_swap(namespace_at(workloads, at), namespace_record);
	namespace_record_free(namespace_record);
	return 0;
}

/*
 * Adds a node's addresses to the index, or removes them: its own, and of each address block for
 * pods the first two, which the node's tunnel device and its bridge have.
 */
static void index_node(struct workloads *workloads, uint32_t at, bool add)
{
	const struct node_record *node = node_at(workloads, at);
	struct address_index *addresses = &workloads->node_addresses;
	struct string_list gateways = {0};

	for (size_t i = 0; i < node->pod_cidrs.count; i++) {
		const char *block = node->pod_cidrs.items[i];
		char text[ADDRESS_TEXT_SIZE];
		struct flow_address address;
		uint8_t family;
		snprintf(text, sizeof(text), "%.*s", (int)strcspn(block, "/"), block);
		if (address_parse(text, &family, &address))
			continue;
		(void)string_list_add(&gateways, text);
		address.bytes[family == 4 ? 3 : 15] |= 1;
		address_format(family, &address, text);
		(void)string_list_add(&gateways, text);
	}
	const struct string_list *lists[] = {&node->ips, &gateways};
	for (size_t i = 0; i < 2; i++) {
		if (add)
			(void)address_index_add(addresses, lists[i], at);
		else
			address_index_remove(addresses, lists[i], at);
	}
	string_list_clear(&gateways);
}

static int apply_node(struct workloads *workloads, struct node_record *node)
{
	uint32_t at = node_find(workloads, NULL, node->name);
	struct node_record *kept = node;

	if (at == HASH_INDEX_NONE) {
		int error = bodies_add(&workloads->nodes, node, name_hash(NULL, node->name));
		if (error)
			return error;
		at = (uint32_t)workloads->nodes.count - 1;
	} else {
		kept = node_at(workloads, at);
		index_node(workloads, at, false);
		merge_node(node, kept);
		node_swap(kept, node);
		node_record_free(node);
	}
	if (!kept->deleted)
		index_node(workloads, at, true);
	return 0;
}

int workloads_apply(struct workloads *workloads, struct record *record)
{
	int error = -EINVAL;

	if (record->kind == RECORD_POD)
		error = apply_pod(workloads, record->pod);
	else if (record->kind == RECORD_CONTAINER)
		error = apply_container(workloads, record->container);
	else if (record->kind == RECORD_SERVICE)
		error = apply_service(workloads, record->service);
	else if (record->kind == RECORD_NAMESPACE)
		error = apply_namespace(workloads, record->namespace_record);
	else if (record->kind == RECORD_NODE)
		error = apply_node(workloads, record->node);
	if (error)
		return error;
	record->kind = RECORD_NONE;
	workloads->revision++;
	return 0;
}

uint64_t workloads_revision(const struct workloads *workloads)
{
	return workloads->revision;
}

const struct pod_record *workloads_pod(const struct workloads *workloads,
				       const char *namespace_name, const char *name)
{
	uint32_t at = pod_find(workloads, namespace_name, name);

	return at == HASH_INDEX_NONE ? NULL : pod_at(workloads, at);
}

const struct pod_record *workloads_pod_to_leave(const struct workloads *workloads,
						const char *namespace_name, const char *name)
{
	uint32_t at = pod_find(workloads, namespace_name, name) == HASH_INDEX_NONE
			      ? find_dead_pod(workloads)
			      : HASH_INDEX_NONE;

	return at == HASH_INDEX_NONE ? NULL : pod_at(workloads, at);
}

const struct pod_record *workloads_pod_by_uid(const struct workloads *workloads, const char *uid)
{
	const struct hash_index *index = &workloads->pods_by_uid;
	struct hash_cursor cursor;
	uint32_t at = hash_index_first(index, hash_string(0, uid), &cursor);

	for (; at != HASH_INDEX_NONE; at = hash_index_next(index, &cursor)) {
		if (strcmp(pod_at(workloads, at)->uid, uid) == 0)
			return pod_at(workloads, at);
	}
	return NULL;
}

const struct container_record *workloads_container_by_cgroup(const struct workloads *workloads,
							     uint64_t cgroup_id)
{
	uint32_t at = cgroup_id ? cgroup_index_find(&workloads->container_cgroups, cgroup_id)
				: HASH_INDEX_NONE;

	return at == HASH_INDEX_NONE ? NULL : container_at(workloads, at);
}

const struct container_record *workloads_container(const struct workloads *workloads,
						   const char *id)
{
	uint32_t at = container_find(workloads, NULL, id);

	return at == HASH_INDEX_NONE ? NULL : container_at(workloads, at);
}

const struct namespace_record *workloads_namespace(const struct workloads *workloads,
						   const char *name)
{
	uint32_t at = namespace_find(workloads, NULL, name);

	return at == HASH_INDEX_NONE ? NULL : namespace_at(workloads, at);
}

const struct node_record *workloads_node(const struct workloads *workloads, const char *name)
{
	uint32_t at = node_find(workloads, NULL, name);

	return at == HASH_INDEX_NONE ? NULL : node_at(workloads, at);
}

#define WORKLOADS_AT_ADDRESS(kind, addresses)                                                      \
	const struct kind##_record *workloads_first_##kind##_at(                                   \
		const struct workloads *workloads, uint8_t family,                                 \
		const struct flow_address *address, struct hash_cursor *cursor)                    \
	{                                                                                          \
		uint32_t at = address_index_first(&workloads->addresses, family, address, cursor); \
		return at == HASH_INDEX_NONE ? NULL : kind##_at(workloads, at);                    \
	}                                                                                          \
	const struct kind##_record *workloads_next_##kind##_at(                                    \
		const struct workloads *workloads, uint8_t family,                                 \
		const struct flow_address *address, struct hash_cursor *cursor)                    \
	{                                                                                          \
		uint32_t at = address_index_next(&workloads->addresses, family, address, cursor);  \
		return at == HASH_INDEX_NONE ? NULL : kind##_at(workloads, at);                    \
	}

WORKLOADS_AT_ADDRESS(pod, pod_addresses)
WORKLOADS_AT_ADDRESS(service, service_addresses)
WORKLOADS_AT_ADDRESS(node, node_addresses)

static const struct service_record *workloads_service_on(const struct workloads *workloads,
							 uint32_t at, uint8_t protocol,
							 uint16_t node_port,
							 struct hash_cursor *cursor)
{
	const struct hash_index *index = &workloads->service_node_ports;

	for (; at != HASH_INDEX_NONE; at = hash_index_next(index, cursor)) {
		if (service_find_node_port(service_at(workloads, at), protocol, node_port))
			return service_at(workloads, at);
	}
	return NULL;
}

const struct service_record *workloads_first_service_on(const struct workloads *workloads,
							uint8_t protocol, uint16_t node_port,
							struct hash_cursor *cursor)
{
	uint32_t at = hash_index_first(&workloads->service_node_ports,
				       node_port_hash(protocol, node_port), cursor);

	return workloads_service_on(workloads, at, protocol, node_port, cursor);
}

const struct service_record *workloads_next_service_on(const struct workloads *workloads,
						       uint8_t protocol, uint16_t node_port,
						       struct hash_cursor *cursor)
{
	uint32_t at = hash_index_next(&workloads->service_node_ports, cursor);

	return workloads_service_on(workloads, at, protocol, node_port, cursor);
}

size_t workloads_pod_count(const struct workloads *workloads)
{
	return workloads->pods.count;
}

const struct pod_record *workloads_pod_at(const struct workloads *workloads, size_t index)
{
	return index < workloads->pods.count ? pod_at(workloads, (uint32_t)index) : NULL;
}

size_t workloads_node_count(const struct workloads *workloads)
{
	return workloads->nodes.count;
}

const struct node_record *workloads_node_at(const struct workloads *workloads, size_t index)
{
	return index < workloads->nodes.count ? node_at(workloads, (uint32_t)index) : NULL;
}

size_t workloads_service_count(const struct workloads *workloads)
{
	return workloads->services.count;
}

const struct service_record *workloads_service_at(const struct workloads *workloads, size_t index)
{
	return index < workloads->services.count ? service_at(workloads, (uint32_t)index) : NULL;
}
