/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the pod in whose network namespace a socket is, if that differs from the pod of the
 * process. A mesh's ztunnel opens sockets in the network namespaces of other pods. A policy engine
 * judges such a socket by the pod that has the address.
 *
 * A process can give its own network namespace any address. So the pod with the address counts only
 * if its own sockets are known to be in that namespace. If none of its sockets are known yet, the
 * pod counts if the pod of the process is known to have another namespace. Pure; one thread.
 */
#ifndef POLECAT_CORE_STATE_NETNS_OWNER_H
#define POLECAT_CORE_STATE_NETNS_OWNER_H

#include <stdbool.h>

#include "core/state/conn.h"
#include "core/state/identity/workloads.h"
#include "core/state/subject_table.h"

struct netns_owner {
	const struct pod_record
		*pod;     /* the other pod that owns the socket; NULL: no other pod does */
	bool is_stranger; /* another pod has the address, so later data may change `pod` */
	bool learned;     /* the network namespace of `subject` became known */
};

/*
 * Finds the owner of a connection's socket. subject is the subject of the process: that of the
 * connection's names, container, cgroup or program. Stores the network namespace in it if the
 * socket is the pod's own. node is the connection's node, or NULL if it is unknown.
 */
struct netns_owner netns_owner_find(const struct workloads *workloads,
				    const struct subject_table *subjects, const char *node,
				    const struct conn *conn, struct subject *subject);

#endif
