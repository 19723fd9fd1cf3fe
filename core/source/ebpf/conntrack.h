/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asks the kernel's connection tracking (ctnetlink) for values that address translation hides from
 * a socket: the port before a REDIRECT in the pod (service meshes), the client before its node
 * masqueraded it, and the endpoint behind a Service's address. Network policies judge these, not
 * the socket's addresses.
 *
 * Best effort: without conntrack, CAP_NET_ADMIN, or (for the namespaces of pods) CAP_SYS_ADMIN,
 * flows stay as they are. Questions are limited in number per second, so that a flood of
 * connections does not slow the caller down. One thread, which enters other network namespaces for
 * a moment.
 */
#ifndef POLECAT_CORE_SOURCE_EBPF_CONNTRACK_H
#define POLECAT_CORE_SOURCE_EBPF_CONNTRACK_H

#include <stdbool.h>

#include "core/record/flow.h"

struct conntrack;

/*
 * Opens the calling thread's network namespace and that of process 1: one of them is the host's,
 * which translates the addresses of Services. NULL: conntrack cannot be asked here; *error is
 * -EPERM (no CAP_NET_ADMIN), another -errno, or -ENOMEM.
 */
struct conntrack *conntrack_open(int *error);

/* NULL is allowed. */
void conntrack_close(struct conntrack *conntrack);

/*
 * Adds wire_dport, origin and backend to a flow of this machine, as far as conntrack knows them.
 * `origin` equals src where the client was not masqueraded. Does nothing for NULL.
 */
void conntrack_complete(struct conntrack *conntrack, struct flow *flow);

#endif
