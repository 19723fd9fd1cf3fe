/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the pods, and their ports, behind an address, port and protocol of a Service, and behind a
 * node port. These are the destinations of packets after kube-proxy, or the network plugin in its
 * place, has rewritten them. The drafter, the evaluator and the dashboard all use this module. For
 * the holder of an address, see core/state/identity/holder.h.
 *
 * The backends of a Service with a selector are the live pods that it selects, each with its own
 * number for a named port. Without a selector they are the endpoints that its owner wrote. Results
 * do not depend on the order in which records arrive. They are cached, and dropped when identities
 * change.
 *
 * Only one thread may use a resolver.
 */
#ifndef POLECAT_CORE_STATE_IDENTITY_RESOLVER_H
#define POLECAT_CORE_STATE_IDENTITY_RESOLVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/record/flow.h"
#include "core/record/record.h"
#include "core/state/identity/holder.h"
#include "core/state/identity/workloads.h"

struct resolver;

/* One pod or address behind a port of a Service. */
struct backend {
	const struct service_record *service;
	/*
	 * NULL: no record describes the pod. Then the pod has the labels of the Service's selector,
	 * if the Service has one.
	 */
	const struct pod_record *pod;
	const char *port_name; /* the port's name if its number is unknown, else NULL */
	struct flow_address address;
	uint8_t family;    /* of the address; 0: unknown */
	uint16_t port;     /* 0: unknown */
	bool host_network; /* a node has the address; in most plugins, no pod selector matches it */
};

/* All backends of one port of a Service, for one address family. */
struct service_backends {
	const struct service_record *service;
	const struct service_port *port;
	uint8_t family; /* 4, 6; 0: both */
	/* Sorted by name, namespace, address and port. count is 0 if the Service has no selector
	 * and no known endpoint. */
	const struct backend *items;
	size_t count;
	/* The ports of the selected pods, each once. number_count is 0 if the Service has no
	 * selector, or if no number is known for the name in port->target_port. */
	const uint16_t *numbers;
	size_t number_count;
	bool has_host_network; /* host_network is true for at least one backend */
};

/* Makes a resolver. workloads must outlive it. Returns 0 or -ENOMEM. */
int resolver_new(const struct workloads *workloads, struct resolver **out);
void resolver_free(struct resolver *resolver);

const struct workloads *resolver_workloads(const struct resolver *resolver);

/*
 * Visit the live or the ended pods of a namespace. resolver_first_in sets *at to the first
 * position, and returns 0 or -ENOMEM. resolver_next_in returns the pod at the position and advances
 * it, or returns NULL at the end. Positions are valid until identities change.
 */
int resolver_first_in(struct resolver *resolver, const char *namespace_name, bool ended,
		      uint32_t *at);
const struct pod_record *resolver_next_in(const struct resolver *resolver, uint32_t *at);

/* Sets *has to true if any pod, live or ended, has a namespace whose name begins with `prefix`,
 * else to false. Returns 0 or -ENOMEM. */
int resolver_has_namespace(struct resolver *resolver, const char *prefix, bool *has);

/*
 * Find the backends of Services. resolver_find_services finds the Services with the query's
 * address, port and protocol. resolver_find_node_ports finds the Services with the query's port and
 * protocol as a node port. The list is sorted by the names of the Services. *count is 0 for an
 * ingress flow, whose peer address is not rewritten. *list is valid until the next call, and the
 * backends until identities change. Return 0 or -ENOMEM.
 */
int resolver_find_services(struct resolver *resolver, const struct holder_query *query,
			   const struct service_backends *const **list, size_t *count);
int resolver_find_node_ports(struct resolver *resolver, const struct holder_query *query,
			     const struct service_backends *const **list, size_t *count);

/* A port of a Service that leads to a pod. */
struct service_place {
	const struct service_record *service;
	const struct service_port *port;
	uint16_t number;            /* of the pod's port; never 0 */
	struct service_place *next; /* the next place of the same pod; or NULL */
};

/* Finds the ports of Services that lead to a pod, without repetition. *places is NULL if none does;
 * it is valid until identities change. Returns 0 or -ENOMEM. */
int resolver_find_places(struct resolver *resolver, const struct pod_record *pod,
			 const struct service_place **places);

/* Returns the backends of one port of a Service, valid until identities change. family is 4, 6, or
 * 0 for both. Returns NULL if out of memory. */
const struct service_backends *resolver_backends(struct resolver *resolver,
						 const struct service_record *service,
						 const struct service_port *port, uint8_t family);

#endif
