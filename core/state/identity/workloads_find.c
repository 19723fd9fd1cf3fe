/* SPDX-License-Identifier: Apache-2.0 */
/* Finds stored records: by name, by id, by cgroup, by address and by port. */
#include <string.h>

#include "core/record/address.h"
#include "core/state/identity/workloads.h"
#include "core/state/identity/workloads_internal.h"

bool workloads_holds_addresses(const struct pod_record *pod)
{
	return !pod->deleted && !(pod->phase && (strcmp(pod->phase, "Succeeded") == 0 ||
						 strcmp(pod->phase, "Failed") == 0));
}

/* Returns the stored record with a name, or NULL. */
static const void *workloads_get(const struct workloads *workloads, enum record_kind kind,
				 const char *namespace_name, const char *name)
{
	const struct workloads_name key = {namespace_name, name};

	return workloads_record_at(workloads, kind, workloads_find(workloads, kind, key));
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
	return workloads_record_at(
		workloads, RECORD_POD,
		hash_index_first(&workloads->pods_by_family, workloads_family_hash(pod), cursor));
}

const struct pod_record *workloads_next_relative(const struct workloads *workloads,
						 struct hash_cursor *cursor)
{
	return workloads_record_at(workloads, RECORD_POD,
				   hash_index_next(&workloads->pods_by_family, cursor));
}

/* Finds the entry with this cgroup id of a record without a node. */
static const struct cgroup_entry *workloads_find_anywhere(const struct workloads *workloads,
							  uint64_t cgroup_id)
{
	return cgroup_index_find(&workloads->container_cgroups, cgroup_id);
}

/* Finds the entry of a node's cgroup, else the entry with this cgroup id from a record without a
 * node. */
static inline const struct cgroup_entry *workloads_find_cgroup(const struct workloads *workloads,
							       const char *node, uint64_t cgroup_id)
{
	uint64_t key = node ? workloads_cgroup_key(node, cgroup_id) : cgroup_id;

	if (cgroup_id == 0)
		return NULL;
	const struct cgroup_entry *entry = cgroup_index_find(&workloads->container_cgroups, key);
	return entry || !node ? entry : workloads_find_anywhere(workloads, cgroup_id);
}

enum workloads_cgroup workloads_cgroup(const struct workloads *workloads, const char *node,
				       uint64_t cgroup_id, const struct container_record **out)
{
	const struct cgroup_entry *entry = workloads_find_cgroup(workloads, node, cgroup_id);

	*out = NULL;
	if (!entry)
		return WORKLOADS_CGROUP_UNKNOWN;
	const struct container_record *container =
		workloads_record_at(workloads, RECORD_CONTAINER, entry->container);
	if (!container)
		return WORKLOADS_CGROUP_UNKNOWN;
	if (entry->contradicted)
		return WORKLOADS_CGROUP_CONTRADICTED;
	*out = container;
	return WORKLOADS_CGROUP_CONTAINER;
}

/* This is called for each flow, so it does not compute the result of workloads_cgroup. */
const struct container_record *workloads_container_by_cgroup(const struct workloads *workloads,
							     const char *node, uint64_t cgroup_id)
{
	const struct cgroup_entry *entry = workloads_find_cgroup(workloads, node, cgroup_id);

	return entry && !entry->contradicted
		       ? workloads_record_at(workloads, RECORD_CONTAINER, entry->container)
		       : NULL;
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
	return entry ? cgroup_index_id(cgroups, entry) : 0;
}

const void *workloads_first_at(const struct workloads *workloads, enum record_kind kind,
			       uint8_t family, const struct flow_address *address,
			       struct address_cursor *cursor)
{
	const struct address_index *addresses = &workloads->bodies[kind].by_address;

	return workloads_record_at(workloads, kind,
				   address_index_first(addresses, family, address, cursor));
}

const void *workloads_next_at(const struct workloads *workloads, enum record_kind kind,
			      struct address_cursor *cursor)
{
	const struct address_index *addresses = &workloads->bodies[kind].by_address;

	return workloads_record_at(workloads, kind, address_index_next(addresses, cursor));
}

/* Returns the shortest prefix length in the set that is at least `length`, or a number above
 * WORKLOADS_MAX_PREFIX if the set has none. */
static unsigned int workloads_next_length(const uint64_t lengths[WORKLOADS_LENGTH_WORDS],
					  unsigned int length)
{
	while (length <= WORKLOADS_MAX_PREFIX) {
		uint64_t word = lengths[length / 64] >> length % 64;
		if (word != 0)
			return length + (unsigned int)__builtin_ctzll(word);
		length = (length / 64 + 1) * 64;
	}
	return length;
}

/* The first address of each node's block for pods is a gateway of the node, so the index of node
 * addresses contains it. To find the block that contains an address, clear the address's host bits
 * for each known prefix length, and look up the result in the index. */
bool workloads_in_pod_block(const struct workloads *workloads, uint8_t family,
			    const struct flow_address *address)
{
	const uint64_t *lengths = workloads->pod_block_lengths[family == 6];
	struct address_cursor cursor;

	for (unsigned int length = workloads_next_length(lengths, 1);
	     length <= address_bits(family); length = workloads_next_length(lengths, length + 1)) {
		struct flow_address first = *address;
		address_mask(&first, length);
		if (workloads_first_at(workloads, RECORD_NODE, family, &first, &cursor))
			return true;
	}
	return false;
}

/* Returns the block of a range with this length and first address, or NULL. */
static const char *workloads_block_of(const struct service_range_record *range, uint8_t family,
				      const struct flow_address *first, unsigned int length)
{
	for (size_t i = 0; i < range->cidrs.count; i++) {
		struct flow_address address;
		uint8_t of_family;
		unsigned int of_length;
		if (address_parse_block(range->cidrs.items[i], &of_family, &address, &of_length) ||
		    of_family != family || of_length != length)
			continue;
		address_mask(&address, length);
		if (address_equal(&address, first))
			return range->cidrs.items[i];
	}
	return NULL;
}

const struct service_range_record *workloads_service_range(const struct workloads *workloads,
							   uint8_t family,
							   const struct flow_address *address,
							   const char **cidr)
{
	const uint64_t *lengths = workloads->service_range_lengths[family == 6];
	const struct service_range_record *found = NULL;
	struct address_cursor cursor;

	for (unsigned int length = workloads_next_length(lengths, 1);
	     length <= address_bits(family) && !found;
	     length = workloads_next_length(lengths, length + 1)) {
		struct flow_address first = *address;
		address_mask(&first, length);
		for (const struct service_range_record *range = workloads_first_at(
			     workloads, RECORD_SERVICE_RANGE, family, &first, &cursor);
		     range; range = workloads_next_at(workloads, RECORD_SERVICE_RANGE, &cursor)) {
			const char *block = workloads_block_of(range, family, &first, length);
			if (block && (!found || strcmp(range->name, found->name) < 0)) {
				found = range;
				*cidr = block;
			}
		}
	}
	return found;
}

const struct service_record *workloads_first_service_on(const struct workloads *workloads,
							uint8_t protocol, uint16_t node_port,
							struct hash_cursor *cursor)
{
	return workloads_record_at(workloads, RECORD_SERVICE,
				   hash_index_first(&workloads->service_node_ports,
						    workloads_node_port_hash(protocol, node_port),
						    cursor));
}

const struct service_record *workloads_next_service_on(const struct workloads *workloads,
						       struct hash_cursor *cursor)
{
	return workloads_record_at(workloads, RECORD_SERVICE,
				   hash_index_next(&workloads->service_node_ports, cursor));
}

const struct pod_record *workloads_first_pod_on(const struct workloads *workloads, uint8_t protocol,
						uint16_t host_port, struct hash_cursor *cursor)
{
	return workloads_record_at(workloads, RECORD_POD,
				   hash_index_first(&workloads->pod_host_ports,
						    workloads_node_port_hash(protocol, host_port),
						    cursor));
}

const struct pod_record *workloads_next_pod_on(const struct workloads *workloads,
					       struct hash_cursor *cursor)
{
	return workloads_record_at(workloads, RECORD_POD,
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
	return workloads_record_at(workloads, RECORD_POD, index);
}

const struct node_record *workloads_node_at(const struct workloads *workloads, size_t index)
{
	return workloads_record_at(workloads, RECORD_NODE, index);
}

const struct service_record *workloads_service_at(const struct workloads *workloads, size_t index)
{
	return workloads_record_at(workloads, RECORD_SERVICE, index);
}

const void *workloads_at(const struct workloads *workloads, enum record_kind kind, size_t index)
{
	return workloads_record_at(workloads, kind, index);
}
