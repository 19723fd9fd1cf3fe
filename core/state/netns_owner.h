/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the pod whose network namespace a socket is in, where that is not the pod of the process. A
 * mesh's ztunnel opens sockets in the network namespaces of other pods, and a policy engine judges them
 * as those pods', which own the address.
 *
 * A process can give its own network namespace any address. So the owner of the address counts only
 * if its own sockets are known to be in that namespace; or, if the owner has none so far, if the
 * process's pod is known to have another one. Pure; one thread.
 */
#ifndef POLECAT_CORE_STATE_NETNS_OWNER_H
#define POLECAT_CORE_STATE_NETNS_OWNER_H

#include <stdbool.h>

#include "core/state/conn.h"
#include "core/state/identity/workloads.h"
#include "core/state/subject_table.h"

struct netns_owner {
	const struct pod_record
		*pod;     /* the pod of the address owns the socket; NULL: no other does */
	bool is_stranger; /* the address is another pod's: a later record or flow may change `pod` */
	bool learned;     /* the network namespace of `subject` became known */
};

/* subject is that of the process: of the connection's names, container, cgroup or program. Notes the
 * network namespace of a pod's own socket in it. node: the connection's; NULL: unknown. */
struct netns_owner netns_owner_find(const struct workloads *workloads,
				    const struct subject_table *subjects, const char *node,
				    const struct conn *conn, struct subject *subject);

#endif
