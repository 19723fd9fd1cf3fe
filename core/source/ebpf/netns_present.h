/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asks the kernel about the present state of a network namespace of this machine: the sockets that
 * listen on a port, and the route to an address. The answers are true at the moment of the call,
 * and say nothing about the past.
 *
 * The caller opens the sockets (helper_open_netlink). The kernel answers within the call that asks,
 * so no function waits. Any thread, one at a time for each socket.
 */
#ifndef POLECAT_CORE_SOURCE_EBPF_NETNS_PRESENT_H
#define POLECAT_CORE_SOURCE_EBPF_NETNS_PRESENT_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/record/flow.h"

/* The TCP sockets that listen on an address and a port. */
struct netns_listener {
	uint32_t count; /* sockets; more than one with SO_REUSEPORT */
	/* Of the socket whose queue is the fullest: the connections that wait for accept(2), and
	 * the backlog of its listen(2), which the kernel limits (net.core.somaxconn). */
	uint32_t waiting;
	uint32_t backlog;
};

/* Finds the listeners that take connections to an address and port. `fd`: a socket of
 * NETLINK_SOCK_DIAG. Returns 0, -ENOENT if nothing listens there, or another -errno if it is not
 * known. *out is valid after 0. */
int netns_find_listener(int fd, uint8_t family, const struct flow_address *address, uint16_t port,
			struct netns_listener *out);

/* Returns whether the kernel drops further connections. It lets one connection more wait than the
 * backlog says (sk_acceptq_is_full in include/net/sock.h). */
static inline bool netns_listener_is_full(const struct netns_listener *listener)
{
	return listener->waiting > listener->backlog;
}

/* The route to an address, as `ip route get` shows it. */
struct netns_route {
	bool has_gateway;
	uint8_t family; /* of the gateway */
	struct flow_address gateway;
	char device[IF_NAMESIZE]; /* "": unknown */
};

/* Looks up the route. `fd`: a socket of NETLINK_ROUTE. The look-up has no mark, and the user id of
 * the caller unless `uid` is not NULL. Returns 0, or the error that the kernel gives a process that
 * connects: -ENETUNREACH, -EHOSTUNREACH, -EACCES (prohibit) or -EINVAL (blackhole). Returns -EIO if
 * the answer is not known. */
int netns_find_route(int fd, uint8_t family, const struct flow_address *address,
		     const uint32_t *uid, struct netns_route *out);

#endif
