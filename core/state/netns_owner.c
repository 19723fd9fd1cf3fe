/* SPDX-License-Identifier: Apache-2.0 */
#include "core/state/netns_owner.h"

#include <string.h>

#include "core/record/address.h"
#include "core/state/identity/holder.h"

/* A pod gets another network namespace only with a new sandbox. This limit bounds the searches that
 * a process can cause by making namespaces in a loop. */
#define NETNS_CHANGES_MAX 8

/*
 * Stores the network namespace of a socket of the pod's process. `sure` is true if the socket has
 * the pod's address. It is false for a socket on loopback, which may be in another pod's network
 * namespace. Returns whether anything changed.
 */
static bool netns_owner_learn(struct subject *subject, const struct flow *flow, bool sure)
{
	if (!(flow->has & FLOW_HAS_NETNS) || subject->netns_changes >= NETNS_CHANGES_MAX ||
	    (subject->netns && !sure) ||
	    (subject->netns == flow->netns && subject->netns_is_sure == sure))
		return false;
	subject->netns = flow->netns;
	subject->netns_is_sure = sure;
	subject->netns_changes++;
	return true;
}

/* Returns the network namespace of a pod's own sockets on a node, or 0 if it is unknown. */
static uint32_t netns_owner_of(const struct subject_table *subjects, const struct pod_record *pod,
			       uint32_t node)
{
	struct hash_cursor cursor;

	for (const struct subject *subject =
		     subject_table_first_pod(subjects, pod->namespace_name, pod->name, &cursor);
	     subject; subject = subject_table_next_pod(subjects, subject, &cursor)) {
		if (subject->node_index == node)
			return subject->netns;
	}
	return 0;
}

struct netns_owner netns_owner_find(const struct workloads *workloads,
				    const struct subject_table *subjects, const char *node,
				    const struct conn *conn, struct subject *subject)
{
	const struct flow *flow = &conn->flow;
	const struct flow_address *local =
		flow->direction == FLOW_INGRESS ? &flow->dst : &flow->src;
	const struct pod_record *pod =
		holder_pod_at_time(workloads, flow->family, local, conn->first_ns);
	const struct pod_record *own = subject->kind == SUBJECT_POD ? subject->pod_record : NULL;
	bool loopback = address_is_loopback(flow->family, local);
	struct netns_owner owner = {0};

	if (pod == own || !pod) {
		if (own && !own->host_network && (pod || loopback))
			owner.learned = netns_owner_learn(subject, flow, pod != NULL);
		owner.is_stranger = own && !pod && !own->host_network && !loopback;
		return owner;
	}
	owner.is_stranger = true;
	if (pod->node && node && strcmp(pod->node, node) != 0)
		return owner;
	uint32_t netns = netns_owner_of(subjects, pod, conn->node);
	bool owns = false;
	if (!(flow->has & FLOW_HAS_NETNS))
		owns = subject->kind == SUBJECT_POD;
	else if (netns)
		owns = netns == flow->netns;
	else
		owns = subject->netns_is_sure && subject->netns != flow->netns;
	owner.pod = owns ? pod : NULL;
	return owner;
}
