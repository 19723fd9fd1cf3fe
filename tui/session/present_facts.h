/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Facts about the present of this machine that explain why a connection of it hangs or has failed:
 * the route to the peer, and the socket that listens at the peer. They are about the moment at
 * which they are collected, and not about the time of the connection. A fact is absent without a
 * helper, if no process of the network namespace is left, or if it is not known which namespace has
 * the peer's address. Main thread.
 */
#ifndef POLECAT_TUI_SESSION_PRESENT_FACTS_H
#define POLECAT_TUI_SESSION_PRESENT_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/source/ebpf/netns_present.h"
#include "core/state/state.h"

struct helper;

struct present_facts {
	bool has_route;
	int route_error; /* 0, or -errno: see netns_find_route */
	struct netns_route route;
	bool has_listener;
	int listener_error; /* 0; -ENOENT: nothing listens */
	struct netns_listener listener;
	struct flow_address
		address; /* that of the listener, behind a Service that of the backend */
	uint16_t port;
};

/* The network namespace in which the peer's socket is, if it is on this machine. Zero-initialised:
 * not found. */
struct present_place {
	uint32_t netns; /* 0: not found */
	uint32_t pid;   /* a process in it */
};

/*
 * Finds the network namespace of a connection's peer: that of the pod `far` (NULL: not known),
 * which has the address, else that of the connections to the same address and port that processes
 * of this machine accepted, if all of them were in one namespace. Examines many connections, so
 * call it rarely. Finds nothing for connections that were accepted, and for other protocols than
 * TCP.
 */
struct present_place present_find_peer(const struct state *state, const struct conn *conn,
				       const struct subject *far);

/* Collects the facts. `place`: that of the peer, which may be not found. */
void present_facts_collect(struct helper *helper, const struct conn *conn,
			   const struct present_place *place, struct present_facts *out);

#endif
