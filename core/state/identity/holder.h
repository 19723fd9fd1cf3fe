/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the holder of an IP address at a time: a pod, a Service, a node, or something outside the
 * cluster. All code that turns an address into a name uses this module. The result does not depend
 * on the order in which records arrive. Pure. One thread.
 */
#ifndef POLECAT_CORE_STATE_IDENTITY_HOLDER_H
#define POLECAT_CORE_STATE_IDENTITY_HOLDER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/record/flow.h"
#include "core/record/record.h"
#include "core/state/identity/workloads.h"

/* The peer address of a flow, and the members of the flow and its subject that determine the
 * holder. */
struct holder_query {
	struct flow_address address; /* network byte order */
	uint8_t family;              /* 4 or 6 */
	uint8_t direction;           /* enum flow_direction */
	uint8_t protocol;            /* enum flow_protocol */
	uint16_t port;               /* the server's port; 0: unknown */
	uint64_t time_ns;            /* steady time of the flow; UINT64_MAX: now */
	const char *node;            /* the subject's node; NULL: unknown */
	const char *pod_namespace;   /* the pod that the flow's record names as the peer */
	const char *pod_name;        /* NULL: the flow names no pod */
};

enum holder_kind {
	HOLDER_UNKNOWN = 0,
	HOLDER_LOOPBACK,
	HOLDER_POD,      /* one pod with an address of its own */
	HOLDER_SHARED,   /* several pods have it as their own; `pod` is the first by name */
	HOLDER_LATER,    /* `pod` holds the address now, but started after the flow */
	HOLDER_SERVICE,  /* a Service's cluster address, or its external address and port */
	HOLDER_NODE,     /* a node, one of its gateways, or pods in its network namespace */
	HOLDER_BALANCER, /* an external address of a Service, on a port that the Service lacks */
	/* The address is in the range of Service addresses, but no known Service has it. Only for
	 * egress. */
	HOLDER_SERVICE_RANGE,
	/* No record and no node's block for pods has the address. HOLDER_UNKNOWN is used instead if
	 * the Services of the cluster are unknown, because one of them may have the address. */
	HOLDER_EXTERNAL,
};

struct holder {
	uint8_t kind;  /* enum holder_kind */
	bool own_node; /* the address belongs to the node that the query names */
	/* A Service has the address, even if `service` is NULL because something else is the
	 * holder. If false, resolver_find_services finds nothing. */
	bool has_service;
	/* The pod of POD, SHARED and LATER. Otherwise a pod in its node's network that has the
	 * address, or NULL. */
	const struct pod_record *pod;
	/* The Service of SERVICE and BALANCER. For NODE, the Service of the node port, or NULL. */
	const struct service_record *service;
	/* SERVICE_RANGE: the range, and its block that contains the address. */
	const struct service_range_record *range;
	const char *cidr;
	const char *node_name; /* NODE: NULL if only `pod` is known */
};

/* Fills in all members of *holder. */
void holder_find(const struct workloads *workloads, const struct holder_query *query,
		 struct holder *holder);

/* Sets holder->pod, and holder->kind to POD, SHARED, LATER or UNKNOWN. Leaves the other members 0.
 * Costs one look-up. */
void holder_find_pod(const struct workloads *workloads, const struct holder_query *query,
		     struct holder *holder);

/* Returns the one pod that held an address at a steady time (nanoseconds), or NULL. The pod
 * has its own network, had started by then, and is the only one with the address. */
const struct pod_record *holder_pod_at_time(const struct workloads *workloads, uint8_t family,
					    const struct flow_address *address, uint64_t time_ns);

/* Returns whether a pod's record has an address. A flow may name a pod whose record lacks the
 * flow's address, because the pod's address has changed since. */
bool holder_pod_has(const struct pod_record *pod, uint8_t family,
		    const struct flow_address *address);

/* Returns whether a node (NULL: false) has an address. The node's gateways are its addresses, too.
 * Does not look for a pod with this address. */
bool holder_is_node(const struct workloads *workloads, const char *node, uint8_t family,
		    const struct flow_address *address);

/* Returns the value of holder.own_node that holder_find finds, in fewer instructions. */
bool holder_is_own_node(const struct workloads *workloads, const struct holder_query *query);

/* Finds a pod with the query's port as a hostPort, on a node with the query's address. Returns the
 * first such pod by name, or NULL. *port is the pod's own port, which policies see. */
const struct pod_record *holder_find_host_port(const struct workloads *workloads,
					       const struct holder_query *query, uint16_t *port);

/* Returns whether a pod's hostPort is open at this address of the pod's node (hostIP). */
bool holder_host_port_is_at(const struct pod_port *port, uint8_t family,
			    const struct flow_address *address);

/* A position among the backends that connection tracking showed for a destination. */
struct holder_backends {
	const struct address_translation *translation; /* NULL: none was seen */
	size_t next;                                   /* index of the next backend */
};

/*
 * Find the backends that nodes chose for connections to the query's address, port and protocol. If
 * `any_protocol` is true and no backend of this protocol is known, find those of another protocol.
 * If records describe the destination (a pod, a Service, or a node port), find no backend.
 *
 * holder_next_backend fills in *backend with a query for the next backend's address, and *holder
 * with the holder of that address. It leaves out pods that have ended. Returns false at the end.
 */
void holder_find_backends(const struct workloads *workloads, const struct holder_query *query,
			  bool any_protocol, struct holder_backends *backends);
bool holder_next_backend(const struct workloads *workloads, struct holder_backends *backends,
			 struct holder_query *backend, struct holder *holder);

#endif
