/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asks the kernel's connection tracking (ctnetlink) for values that address translation hides from
 * a socket: the port before a REDIRECT in the pod (service meshes), the client's address before its
 * node masqueraded it, and the backend behind a Service's address. Network policies apply to these
 * values, not to the socket's addresses.
 *
 * Best effort: flows stay unchanged without conntrack or CAP_NET_ADMIN; without CAP_SYS_ADMIN, only
 * the port before a REDIRECT is missing. A rate limit bounds the questions, so that a flood of
 * connections does not slow the caller down. Only one thread may use a conntrack.
 */
#ifndef POLECAT_CORE_SOURCE_EBPF_CONNTRACK_H
#define POLECAT_CORE_SOURCE_EBPF_CONNTRACK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/record/flow.h"

struct conntrack;
struct helper;

/*
 * Opens the calling thread's network namespace and that of process 1. One of them is the host's,
 * which translates the addresses of Services. `helper` opens other namespaces, and must outlive the
 * conntrack; NULL: they cannot be opened. Returns NULL if conntrack cannot be asked here; then
 * *error is -EPERM (no CAP_NET_ADMIN), -ENOMEM or another -errno.
 */
struct conntrack *conntrack_open(struct helper *helper, int *error);

/* NULL is fine. */
void conntrack_close(struct conntrack *conntrack);

/* Closes the sockets in namespaces of which no flow was asked about for some seconds, so that the
 * kernel can remove the namespaces of deleted pods. `now_ns` is CLOCK_MONOTONIC. Call it about once
 * a second. NULL is fine. */
void conntrack_expire(struct conntrack *conntrack, uint64_t now_ns);

/* Adds wire_dport, origin and backend to a flow of this machine, as far as conntrack knows them.
 * `origin` equals src if the client was not masqueraded. Does nothing if conntrack is NULL. */
void conntrack_complete(struct conntrack *conntrack, struct flow *flow);

/*
 * Finds the address and port that a socket sent to, if address translation in the socket's network
 * namespace replaced them with the destination of `flow` (egress). A socket that is not connected
 * shows only the destination after the translation. Returns 0, -ENOENT if there was no translation
 * or if it is not known, or -EAGAIN if the limit allows no more questions now. If conntrack is
 * NULL, returns -ENOENT.
 */
int conntrack_find_service(struct conntrack *conntrack, const struct flow *flow,
			   struct flow_address *address, uint16_t *port);

/* Returns whether address translation replaces the destination of `flow` (egress) in its network
 * namespace. Also returns true if the limit allows no question now. */
bool conntrack_may_translate(struct conntrack *conntrack, const struct flow *flow);

#endif
