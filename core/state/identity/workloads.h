/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Identities: the pods, containers, Services, namespaces and nodes that the cluster and the
 * runtimes report.
 *
 * The latest record of each name is stored. Fields that it lacks come from earlier records of the
 * name (merge.h). A dead pod's record stays, because views still show the pod's flows. If too many
 * pods are dead, the record of a new pod overwrites that of a dead one (workloads_pod_to_leave).
 * Look-ups by address use the latest records (holder.h).
 */
#ifndef POLECAT_CORE_STATE_IDENTITY_WORKLOADS_H
#define POLECAT_CORE_STATE_IDENTITY_WORKLOADS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/hash_index.h"
#include "core/record/record.h"
#include "core/state/identity/address_index.h"
#include "core/state/identity/owners.h"
#include "core/state/identity/translations.h"

struct workloads;

int workloads_new(struct workloads **out);
void workloads_free(struct workloads *workloads);

/*
 * Takes over the body of a container, pod, service, namespace, node, service_range or workload
 * record (the record becomes RECORD_NONE). Returns 0, -EINVAL for another kind, or -ENOMEM. After
 * an error, the caller still owns the record.
 */
int workloads_apply(struct workloads *workloads, struct record *record);

/* Returns a number that increases with every change. */
uint64_t workloads_revision(const struct workloads *workloads);

/* Sets the steady time (ns) from which the next records are valid: the time of the latest flow. */
void workloads_set_time(struct workloads *workloads, uint64_t time_ns);

/* Returns the labels that a pod had at a steady time (ns), valid until the next record. NULL: its
 * present labels. The number of stored changes is bounded. */
const struct labels *workloads_former_labels(const struct workloads *workloads,
					     const struct pod_record *pod, uint64_t time_ns);

/* The same for a namespace. */
const struct labels *workloads_former_namespace_labels(const struct workloads *workloads,
						       const char *name, uint64_t time_ns);

/* Finds the stored record whose place the record would take, because both have the same kind and
 * name. Only for containers, pods, Services, namespaces, nodes and ranges. Returns false if no
 * record has them. *out does not own its body. */
bool workloads_stored(const struct workloads *workloads, const struct record *record,
		      struct record *out);

/* Returns the dead pod's record that a record of the named pod would overwrite, or NULL. Callers
 * with pointers to it must drop them before they apply such a record. */
const struct pod_record *workloads_pod_to_leave(const struct workloads *workloads,
						const char *namespace_name, const char *name);

/* Look-ups return NULL for "unknown". The records that they return belong to `workloads`, live
 * until it is freed, and change when later records are applied. */
const struct pod_record *workloads_pod(const struct workloads *workloads,
				       const char *namespace_name, const char *name);
const struct pod_record *workloads_pod_by_uid(const struct workloads *workloads, const char *uid);
/* Finds the pod whose record lists a container. *name is the container's name in that record. */
const struct pod_record *workloads_pod_by_container(const struct workloads *workloads,
						    const char *id, const char **name);
const struct container_record *workloads_container_by_cgroup(const struct workloads *workloads,
							     const char *node, uint64_t cgroup_id);
const struct container_record *workloads_container(const struct workloads *workloads,
						   const char *id);
const struct namespace_record *workloads_namespace(const struct workloads *workloads,
						   const char *name);
const struct node_record *workloads_node(const struct workloads *workloads, const char *name);

enum workloads_cgroup {
	WORKLOADS_CGROUP_UNKNOWN = 0, /* no known container has the cgroup */
	WORKLOADS_CGROUP_CONTAINER,
	/* The cgroup's path names a container and a pod, but a runtime or the API says that the
	 * container is in another pod. So the cgroup is an imitation. */
	WORKLOADS_CGROUP_CONTRADICTED,
};

/* Finds the container of a node's cgroup (node NULL: unknown). *out is NULL unless the result is
 * WORKLOADS_CGROUP_CONTAINER. */
enum workloads_cgroup workloads_cgroup(const struct workloads *workloads, const char *node,
				       uint64_t cgroup_id, const struct container_record **out);

struct cgroup_entry;

/* Zero-initialise. Valid until the next record is applied. */
struct workloads_cgroup_cursor {
	const struct cgroup_entry *entry;
	bool started;
};

/* Returns the next cgroup of a container, or 0. */
uint64_t workloads_next_cgroup(const struct workloads *workloads,
			       const struct container_record *container,
			       struct workloads_cgroup_cursor *cursor);

/*
 * Return the records of a kind that have an address, one after the other, in no particular order.
 * NULL: no more. family is 4 or 6. The address is in network byte order and must outlive the
 * cursor. RECORD_POD: live pods only. RECORD_SERVICE: by cluster or load balancer address.
 * RECORD_NODE: a node also has the gateways of its blocks for pods. core/state/identity/holder.h
 * chooses among them.
 */
const void *workloads_first_at(const struct workloads *workloads, enum record_kind kind,
			       uint8_t family, const struct flow_address *address,
			       struct address_cursor *cursor);
const void *workloads_next_at(const struct workloads *workloads, enum record_kind kind,
			      struct address_cursor *cursor);

/* Adds the gateways of a node to a list: the first two addresses of each of the node's blocks
 * for pods. These addresses belong to the tunnel device and the bridge of the node. If out of
 * memory, the list lacks some gateways. */
void workloads_list_gateways(const struct node_record *node, struct string_list *gateways);

/* Returns whether an address is in a node's block for pods, even if no pod has it. */
bool workloads_in_pod_block(const struct workloads *workloads, uint8_t family,
			    const struct flow_address *address);

/* Finds the range of Service addresses whose block contains an address. If there are several, takes
 * the one with the widest block, and of these the first by name. *cidr is the block, as written in
 * the record. Returns NULL if no known range contains the address. */
const struct service_range_record *workloads_service_range(const struct workloads *workloads,
							   uint8_t family,
							   const struct flow_address *address,
							   const char **cidr);

/* Stores the translation that an egress flow shows, unless a known Service has the address. The
 * flow has a destination, a port and a backend. */
void workloads_translate(struct workloads *workloads, const struct flow *flow);

/* Returns the backends that were seen behind an address, protocol and port, or NULL. Valid until
 * the next flow. */
const struct address_translation *workloads_translation(const struct workloads *workloads,
							uint8_t family,
							const struct flow_address *address,
							uint8_t protocol, uint16_t port);

/* Returns all translations. */
const struct translations *workloads_translations(const struct workloads *workloads);

/*
 * Return the pods that may have the same owner as a pod, one after the other, in no particular
 * order. NULL: no more. The pods include ended ones and the pod itself. The caller compares the
 * owners.
 */
const struct pod_record *workloads_first_relative(const struct workloads *workloads,
						  const struct pod_record *pod,
						  struct hash_cursor *cursor);
const struct pod_record *workloads_next_relative(const struct workloads *workloads,
						 struct hash_cursor *cursor);

/* Returns the owners of pods and their selectors. */
const struct owners *workloads_owners(const struct workloads *workloads);

/* Return the Services that have this node port, one after the other. protocol is an enum
 * flow_protocol. */
const struct service_record *workloads_first_service_on(const struct workloads *workloads,
							uint8_t protocol, uint16_t node_port,
							struct hash_cursor *cursor);
const struct service_record *workloads_next_service_on(const struct workloads *workloads,
						       struct hash_cursor *cursor);

/* Return the live pods that have this hostPort. protocol is an enum flow_protocol. */
const struct pod_record *workloads_first_pod_on(const struct workloads *workloads, uint8_t protocol,
						uint16_t host_port, struct hash_cursor *cursor);
const struct pod_record *workloads_next_pod_on(const struct workloads *workloads,
					       struct hash_cursor *cursor);

/* Returns false for a pod that has ended. Its record still has its addresses, but another pod may
 * have them now. */
bool workloads_holds_addresses(const struct pod_record *pod);

/* Returns whether a record of a pod, a Service or a pod's container was ever applied. */
bool workloads_has_cluster(const struct workloads *workloads);

/* Returns the number of records of a kind, including deleted ones. */
size_t workloads_count(const struct workloads *workloads, enum record_kind kind);

/* Return the record at an index below workloads_count, in order of first appearance, or NULL. */
const struct pod_record *workloads_pod_at(const struct workloads *workloads, size_t index);
const struct node_record *workloads_node_at(const struct workloads *workloads, size_t index);
const struct service_record *workloads_service_at(const struct workloads *workloads, size_t index);
/* The same for any kind that has a name: returns the body of the record. */
const void *workloads_at(const struct workloads *workloads, enum record_kind kind, size_t index);

#endif
