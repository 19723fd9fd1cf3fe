/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the holder of an IP address at a time: a pod, a Service, a node, or something outside the
 * cluster. Everything that turns an address into a name asks here. The result does not depend on
 * the order in which records came. Pure; one thread.
 */
#ifndef POLECAT_CORE_STATE_IDENTITY_HOLDER_H
#define POLECAT_CORE_STATE_IDENTITY_HOLDER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/record/flow.h"
#include "core/record/record.h"
#include "core/state/identity/workloads.h"

/* The peer of a flow, as the flow and its subject know it. */
struct holder_query {
	struct flow_address address; /* network byte order */
	uint8_t family;              /* 4 or 6 */
	uint8_t direction;           /* enum flow_direction */
	uint8_t protocol;            /* enum flow_protocol */
	uint16_t port;               /* the server's; 0: unknown */
	uint64_t time_ns;            /* of the flow, Unix time; UINT64_MAX: now */
	const char *node;            /* the subject's node; NULL: unknown */
	const char *pod_namespace;   /* the pod that the flow itself names as its peer */
	const char *pod_name;        /* NULL: it names none */
};

enum holder_kind {
	HOLDER_UNKNOWN = 0,
	HOLDER_LOOPBACK,
	HOLDER_POD,      /* one pod with an address of its own */
	HOLDER_SHARED,   /* several such pods claim the address: `pod` is the first by name */
	HOLDER_LATER,    /* `pod` holds the address now, but started after the flow */
	HOLDER_SERVICE,  /* a cluster address, or an external address and port of a Service */
	HOLDER_NODE,     /* a node, one of its gateways, or pods in its network namespace */
	HOLDER_BALANCER, /* an external address of a Service, on a port that the Service lacks */
	/* Outside the cluster (its Services are known), or there is no cluster. The address is in no
	 * node's block for pods. */
	HOLDER_EXTERNAL,
};

struct holder {
	uint8_t kind;  /* enum holder_kind */
	bool own_node; /* the address belongs to the node that the query names */
	/* POD, SHARED and LATER; else a pod in its node's network that has the address, or NULL. */
	const struct pod_record *pod;
	/* SERVICE and BALANCER; NODE: the Service of the node port, or NULL. */
	const struct service_record *service;
	const char *node_name; /* NODE: NULL if only `pod` is known */
};

/* Fills in the whole of *holder. */
void holder_find(const struct workloads *workloads, const struct holder_query *query,
		 struct holder *holder);

/* Fills in only POD, SHARED, LATER or UNKNOWN, and `pod`. Costs one look-up. */
void holder_find_pod(const struct workloads *workloads, const struct holder_query *query,
		     struct holder *holder);

/*
 * Returns the one pod that held an address at a time (Unix ns): it has a network of its own, had
 * started by then, and holds the address alone. Otherwise NULL.
 */
const struct pod_record *holder_pod_at_time(const struct workloads *workloads, uint8_t family,
					    const struct flow_address *address, uint64_t time_ns);

/* Returns whether a pod's record has an address. A pod that a flow names may have had it once. */
bool holder_pod_has(const struct pod_record *pod, uint8_t family,
		    const struct flow_address *address);

/* Returns whether an address belongs to a node (NULL: false), its gateways included. Other pods
 * must not hold it. */
bool holder_is_node(const struct workloads *workloads, const char *node, uint8_t family,
		    const struct flow_address *address);

#endif
