/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Identities: what the cluster and the runtimes say about pods, containers, services, namespaces
 * and nodes.
 *
 * Each record body is kept as it came, the last one of a name wins. A pod's body stays after it is
 * deleted, since flows of the dead still get their name, until too many are dead: see
 * workloads_pod_to_leave. Lookups by address answer as of the latest record, or as of a time.
 */
#ifndef POLECAT_CORE_STATE_IDENTITY_WORKLOADS_H
#define POLECAT_CORE_STATE_IDENTITY_WORKLOADS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/hash_index.h"
#include "core/record/record.h"

struct workloads;

int workloads_new(struct workloads **out);
void workloads_free(struct workloads *workloads);

/*
 * Takes over the body of a container, pod, service, namespace or node record (record becomes
 * RECORD_NONE). 0, -EINVAL for another kind, -ENOMEM (the record stays the caller's).
 */
int workloads_apply(struct workloads *workloads, struct record *record);

/* Grows with every change. */
uint64_t workloads_revision(const struct workloads *workloads);

/*
 * The dead pod whose body becomes that of the named pod when a record tells of it, or NULL. Who
 * remembers the body for the dead one's must forget it first.
 */
const struct pod_record *workloads_pod_to_leave(const struct workloads *workloads,
						const char *namespace_name, const char *name);

/* Lookups answer NULL for "not known". The bodies belong to workloads and live as long; contents
 * change with records. */
const struct pod_record *workloads_pod(const struct workloads *workloads,
				       const char *namespace_name, const char *name);
const struct pod_record *workloads_pod_by_uid(const struct workloads *workloads, const char *uid);
const struct container_record *workloads_container_by_cgroup(const struct workloads *workloads,
							     uint64_t cgroup_id);
const struct container_record *workloads_container(const struct workloads *workloads,
						   const char *id);
const struct namespace_record *workloads_namespace(const struct workloads *workloads,
						   const char *name);
const struct node_record *workloads_node(const struct workloads *workloads, const char *name);

/* family 4 or 6, address in network byte order. A pod that is deleted, Succeeded or Failed holds no
 * address. */
const struct pod_record *workloads_pod_by_address(const struct workloads *workloads, uint8_t family,
						  const struct flow_address *address);
/*
 * The one pod that an address stood for at a time (Unix ns): a pod in a network of its own that had
 * started by then and holds the address alone. NULL where there is none, or no telling.
 */
const struct pod_record *workloads_pod_at_time(const struct workloads *workloads, uint8_t family,
					       const struct flow_address *address,
					       uint64_t time_ns);
/* How many live pods hold the address: host-network pods share their node's. */
size_t workloads_pods_at_address(const struct workloads *workloads, uint8_t family,
				 const struct flow_address *address);
/* The live pods that hold the address, one after the other; NULL: no more. */
const struct pod_record *workloads_first_pod_at(const struct workloads *workloads, uint8_t family,
						const struct flow_address *address,
						struct hash_cursor *cursor);
const struct pod_record *workloads_next_pod_at(const struct workloads *workloads, uint8_t family,
					       const struct flow_address *address,
					       struct hash_cursor *cursor);
/* By ClusterIP or load balancer address. */
const struct service_record *workloads_service_by_address(const struct workloads *workloads,
							  uint8_t family,
							  const struct flow_address *address);
/* The Service that every node answers for on this port. protocol: "TCP", "UDP", "SCTP". */
const struct service_record *workloads_service_by_node_port(const struct workloads *workloads,
							    const char *protocol, uint16_t port);
const struct node_record *workloads_node_by_address(const struct workloads *workloads,
						    uint8_t family,
						    const struct flow_address *address);

/*
 * False for a pod that has ended: it keeps its addresses in its record, but another pod may have
 * them by now.
 */
bool workloads_holds_addresses(const struct pod_record *pod);

/* Iteration: index 0 .. count-1 in order of first appearance; deleted ones are in the list too. */
size_t workloads_pod_count(const struct workloads *workloads);
const struct pod_record *workloads_pod_at(const struct workloads *workloads, size_t index);
size_t workloads_node_count(const struct workloads *workloads);
const struct node_record *workloads_node_at(const struct workloads *workloads, size_t index);
size_t workloads_service_count(const struct workloads *workloads);
const struct service_record *workloads_service_at(const struct workloads *workloads, size_t index);

#endif
