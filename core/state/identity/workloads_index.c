/* SPDX-License-Identifier: Apache-2.0 */
/* The indexes of the stored records. Each function adds an entry for the record at index `at` of
 * its kind, or removes it. */
#include <string.h>

#include "core/base/array.h"
#include "core/record/address.h"
#include "core/state/identity/service.h"
#include "core/state/identity/workloads.h"
#include "core/state/identity/workloads_internal.h"

static void workloads_index_addresses(struct workloads *workloads, enum record_kind kind,
				      const struct string_list *texts, uint32_t at, bool add)
{
	struct address_index *addresses = &workloads->bodies[kind].by_address;

	/* If an allocation fails, look-ups by address miss the record; others still find it. */
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

uint64_t workloads_family_hash(const struct pod_record *pod)
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

/* Adds an address to a list of texts. If out of memory, look-ups do not find the address. */
static void workloads_list_address(struct string_list *texts, uint8_t family,
				   const struct flow_address *address)
{
	char text[ADDRESS_TEXT_SIZE];

	address_format(family, address, text);
	(void)string_list_add(texts, text);
}

void workloads_list_gateways(const struct node_record *node, struct string_list *gateways)
{
	for (size_t i = 0; i < node->pod_cidrs.count; i++) {
		struct flow_address address;
		uint8_t family;
		unsigned int length;
		if (address_parse_block(node->pod_cidrs.items[i], &family, &address, &length) ||
		    length == 0)
			continue;
		address_mask(&address, length);
		workloads_list_address(gateways, family, &address);
		if (length == address_bits(family))
			continue;
		address.bytes[family == 4 ? 3 : 15] |= 1;
		workloads_list_address(gateways, family, &address);
	}
}

/* Adds or removes the addresses of a node: those in its record, and its gateways. */
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
		if (!address_parse_block(node->pod_cidrs.items[i], &family, &address, &length))
			workloads->pod_block_lengths[family == 6][length / 64] |= UINT64_C(1)
										  << length % 64;
	}
	workloads_list_gateways(node, &gateways);
	workloads_index_addresses(workloads, RECORD_NODE, &node->ips, at, add);
	workloads_index_addresses(workloads, RECORD_NODE, &gateways, at, add);
	string_list_clear(&gateways);
}

/* Adds or removes the first address of each block. */
static void workloads_index_service_range(struct workloads *workloads,
					  const struct service_range_record *range, uint32_t at,
					  bool add)
{
	struct string_list firsts = {0};

	if (range->deleted)
		return;
	for (size_t i = 0; i < range->cidrs.count; i++) {
		struct flow_address address;
		uint8_t family;
		unsigned int length;
		if (address_parse_block(range->cidrs.items[i], &family, &address, &length) ||
		    length == 0)
			continue;
		address_mask(&address, length);
		workloads->service_range_lengths[family == 6][length / 64] |= UINT64_C(1)
									      << length % 64;
		workloads_list_address(&firsts, family, &address);
	}
	workloads_index_addresses(workloads, RECORD_SERVICE_RANGE, &firsts, at, add);
	string_list_clear(&firsts);
}

static void workloads_index_container(struct workloads *workloads,
				      const struct container_record *container, uint32_t at,
				      bool add)
{
	bool podless = workloads_is_podless(container);

	workloads->has_cluster |= !podless;
	if (podless)
		workloads->podless += add ? 1 : (size_t)-1;
	if (container->pod_uid)
		workloads_index_hash(&workloads->containers_by_pod,
				     hash_string(0, container->pod_uid), at, add);
}

void workloads_index(struct workloads *workloads, enum record_kind kind, uint32_t at, bool add)
{
	const void *body = workloads->bodies[kind].items[at];

	workloads->has_cluster |= kind == RECORD_POD || kind == RECORD_SERVICE;
	if (kind == RECORD_POD)
		workloads_index_pod(workloads, body, at, add);
	else if (kind == RECORD_SERVICE)
		workloads_index_service(workloads, body, at, add);
	else if (kind == RECORD_NODE)
		workloads_index_node(workloads, body, at, add);
	else if (kind == RECORD_SERVICE_RANGE)
		workloads_index_service_range(workloads, body, at, add);
	else if (kind == RECORD_CONTAINER)
		workloads_index_container(workloads, body, at, add);
}
