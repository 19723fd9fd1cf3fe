/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the pod in whose network namespace a socket is, if that pod is not the pod of the process.
 * A mesh's ztunnel opens sockets in the network namespaces of other pods. A policy engine judges
 * such a socket by the pod that has the address.
 *
 * A process can give its own network namespace any address, so the address alone proves nothing. A
 * socket belongs to the pod that has its address in these cases:
 * - The pod's network namespace is known, and the socket is in it.
 * - The pod's network namespace is unknown. The process is in another pod whose network namespace
 *   is known, and the socket is not in it.
 * - The flow does not name the socket's network namespace, and the process is in another pod.
 *
 * Pure; one thread.
 */
#ifndef POLECAT_CORE_STATE_NETNS_OWNER_H
#define POLECAT_CORE_STATE_NETNS_OWNER_H

#include <stdbool.h>

#include "core/state/conn.h"
#include "core/state/identity/workloads.h"
#include "core/state/subject_table.h"

struct netns_owner {
	const struct pod_record *pod; /* the owner, if it is not the process's pod; else NULL */
	bool is_stranger; /* may be another pod's socket: look it up again if records change */
	bool learned;     /* the network namespace of `subject` became known */
};

/*
 * Finds the owner of a connection's socket. subject is the subject of the process, found by the
 * connection's names, container, cgroup or program. If that is a pod and has the socket's address,
 * stores the socket's network namespace in the subject. On loopback, stores it only if none is
 * stored yet. node is the connection's node, or NULL if it is unknown.
 */
struct netns_owner netns_owner_find(const struct workloads *workloads,
				    const struct subject_table *subjects, const char *node,
				    const struct conn *conn, struct subject *subject);

#endif
