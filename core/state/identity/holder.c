/* SPDX-License-Identifier: Apache-2.0 */
#include "core/state/identity/holder.h"

#include <string.h>

#include "core/base/timestamp.h"
#include "core/record/address.h"
#include "core/state/identity/service.h"

/* The API cuts a pod's start to whole seconds, and the clocks of two nodes may differ. */
#define STARTED_SLACK_NS NS_PER_SECOND

static int holder_compare_pods(const struct pod_record *a, const struct pod_record *b)
{
	int order = a->host_network - b->host_network;

	if (order == 0)
		order = strcmp(a->namespace_name, b->namespace_name);
	return order != 0 ? order : strcmp(a->name, b->name);
}

/*
 * Chooses among the live pods that have an address. *pod is the first one by name with its own
 * network, or else the first one in its node's network, or else NULL. The result is UNKNOWN in the
 * last two cases.
 */
static enum holder_kind holder_decide(const struct workloads *workloads, uint8_t family,
				      const struct flow_address *address, uint64_t time_ns,
				      const struct pod_record **pod)
{
	struct address_cursor cursor;
	const struct pod_record *first =
		workloads_first_at(workloads, RECORD_POD, family, address, &cursor);
	const struct pod_record *next = NULL;
	bool shared = false;

	while (first && (next = workloads_next_at(workloads, RECORD_POD, &cursor))) {
		shared = true;
		if (holder_compare_pods(next, first) < 0)
			first = next;
	}
	*pod = first;
	if (!first || first->host_network)
		return HOLDER_UNKNOWN;
	if (shared)
		return HOLDER_SHARED;
	bool started = time_ns == UINT64_MAX || first->started_ns <= time_ns + STARTED_SLACK_NS;
	return started ? HOLDER_POD : HOLDER_LATER;
}

const struct pod_record *holder_pod_at_time(const struct workloads *workloads, uint8_t family,
					    const struct flow_address *address, uint64_t time_ns)
{
	const struct pod_record *pod;

	return holder_decide(workloads, family, address, time_ns, &pod) == HOLDER_POD ? pod : NULL;
}

/* Returns the pod that the query names, or NULL. First tries the pod with the query's address: it
 * is usually the right one, and comparing its name costs less than looking up the name. */
static const struct pod_record *holder_find_named(const struct workloads *workloads,
						  const struct holder_query *query)
{
	struct address_cursor cursor;
	const struct pod_record *pod =
		workloads_first_at(workloads, RECORD_POD, query->family, &query->address, &cursor);

	if (pod && strcmp(pod->name, query->pod_name) == 0 &&
	    strcmp(pod->namespace_name, query->pod_namespace) == 0)
		return pod;
	return workloads_pod(workloads, query->pod_namespace, query->pod_name);
}

void holder_find_pod(const struct workloads *workloads, const struct holder_query *query,
		     struct holder *holder)
{
	*holder = (struct holder){.kind = HOLDER_POD};
	if (query->pod_name && query->pod_namespace)
		holder->pod = holder_find_named(workloads, query);
	/* Pods in a node's network share the node's address, so a flow may name a wrong one of
	 * these pods. */
	if (!holder->pod || holder->pod->host_network)
		holder->kind = (uint8_t)holder_decide(workloads, query->family, &query->address,
						      query->time_ns, &holder->pod);
}

bool holder_pod_has(const struct pod_record *pod, uint8_t family,
		    const struct flow_address *address)
{
	return address_list_has(&pod->ips, family, address);
}

bool holder_is_node(const struct workloads *workloads, const char *node, uint8_t family,
		    const struct flow_address *address)
{
	struct address_cursor cursor;

	if (!node)
		return false;
	for (const struct node_record *at =
		     workloads_first_at(workloads, RECORD_NODE, family, address, &cursor);
	     at; at = workloads_next_at(workloads, RECORD_NODE, &cursor)) {
		if (strcmp(at->name, node) == 0)
			return true;
	}
	return false;
}

/* Finds the node that has the address: the query's node, else the first such node by name, else the
 * node of a host-network pod with the address. */
static void holder_find_node(const struct workloads *workloads, const struct holder_query *query,
			     struct holder *holder)
{
	const char *host = holder->pod ? holder->pod->node : NULL;
	struct address_cursor cursor;

	for (const struct node_record *node = workloads_first_at(
		     workloads, RECORD_NODE, query->family, &query->address, &cursor);
	     node; node = workloads_next_at(workloads, RECORD_NODE, &cursor)) {
		if (!holder->node_name || strcmp(node->name, holder->node_name) < 0)
			holder->node_name = node->name;
		holder->own_node |= query->node && strcmp(node->name, query->node) == 0;
	}
	holder->own_node |= host && query->node && strcmp(host, query->node) == 0;
	if (holder->own_node)
		holder->node_name = query->node;
	else if (!holder->node_name)
		holder->node_name = host;
}

bool holder_is_own_node(const struct workloads *workloads, const struct holder_query *query)
{
	struct holder holder;

	if (!query->node)
		return false;
	holder_find_pod(workloads, query, &holder);
	if (holder.pod && !holder.pod->host_network)
		return false;
	holder_find_node(workloads, query, &holder);
	return holder.own_node;
}

/*
 * Finds the Service that has the address. Prefers a Service that also has the port, then a Service
 * with the address as its cluster address, then the first Service by name. Returns HOLDER_SERVICE,
 * HOLDER_BALANCER or HOLDER_UNKNOWN.
 */
static enum holder_kind holder_find_service(const struct workloads *workloads,
					    const struct holder_query *query,
					    const struct service_record **found)
{
	struct address_cursor cursor;
	int best = 0;

	*found = NULL;
	for (const struct service_record *service = workloads_first_at(
		     workloads, RECORD_SERVICE, query->family, &query->address, &cursor);
	     service; service = workloads_next_at(workloads, RECORD_SERVICE, &cursor)) {
		bool rewrites = service_rewrites(service, query->family, &query->address);
		int fit = 1;
		if (rewrites && service_find_port(service, query->protocol, query->port))
			fit = 3;
		else if (rewrites &&
			 address_list_has(&service->cluster_ips, query->family, &query->address))
			fit = 2;
		if (fit > best || (fit == best && service_compare(service, *found) < 0)) {
			best = fit;
			*found = service;
		}
	}
	if (best == 0)
		return HOLDER_UNKNOWN;
	return best > 1 ? HOLDER_SERVICE : HOLDER_BALANCER;
}

bool holder_host_port_is_at(const struct pod_port *port, uint8_t family,
			    const struct flow_address *address)
{
	struct flow_address host;
	uint8_t host_family;

	if (!port->host_ip || address_parse(port->host_ip, &host_family, &host) != 0)
		return true;
	/* 0.0.0.0 and :: are all addresses of their family (containernetworking/plugins,
	 * portmap). */
	return host_family == family &&
	       (address_is_unspecified(host_family, &host) || address_equal(&host, address));
}

/* Returns the element of pod->ports whose hostPort is at the query's address and port, or NULL. The
 * node forwards flows that arrive there to the pod. */
static const struct pod_port *holder_forwarded_port(const struct workloads *workloads,
						    const struct holder_query *query,
						    const struct pod_record *pod)
{
	if (pod->host_network ||
	    !holder_is_node(workloads, pod->node, query->family, &query->address))
		return NULL;
	for (size_t i = 0; i < pod->port_count; i++) {
		const struct pod_port *port = &pod->ports[i];
		if (port->host_port == query->port &&
		    service_protocol(port->protocol) == query->protocol &&
		    holder_host_port_is_at(port, query->family, &query->address))
			return port;
	}
	return NULL;
}

const struct pod_record *holder_find_host_port(const struct workloads *workloads,
					       const struct holder_query *query, uint16_t *port)
{
	const struct pod_record *found = NULL;
	struct hash_cursor cursor;

	if (query->direction != FLOW_EGRESS)
		return NULL;
	for (const struct pod_record *pod =
		     workloads_first_pod_on(workloads, query->protocol, query->port, &cursor);
	     pod; pod = workloads_next_pod_on(workloads, &cursor)) {
		const struct pod_port *at = holder_forwarded_port(workloads, query, pod);
		if (at && (!found || holder_compare_pods(pod, found) < 0)) {
			found = pod;
			*port = at->port;
		}
	}
	return found;
}

/* Returns the Service that has the query's port as a node port, or NULL. If there are several, it
 * is the first of them in the order of their names. */
static const struct service_record *holder_find_node_port(const struct workloads *workloads,
							  const struct holder_query *query)
{
	const struct service_record *found = NULL;
	struct hash_cursor cursor;

	if (query->direction != FLOW_EGRESS)
		return NULL;
	for (const struct service_record *service =
		     workloads_first_service_on(workloads, query->protocol, query->port, &cursor);
	     service; service = workloads_next_service_on(workloads, &cursor)) {
		if (!found || service_compare(service, found) < 0)
			found = service;
	}
	return found;
}

/*
 * Returns whether an address without a known holder is outside of the cluster. If the cluster's
 * Services are unknown, any address may belong to the cluster. Without a cluster, a private address
 * may belong to a container.
 */
static bool holder_is_external(const struct workloads *workloads, const struct holder_query *query)
{
	if (workloads_count(workloads, RECORD_SERVICE) == 0 &&
	    (workloads_has_cluster(workloads) ||
	     (workloads_count(workloads, RECORD_CONTAINER) > 0 &&
	      address_is_private(query->family, &query->address)) ||
	     address_is_multicast_or_broadcast(query->family, &query->address) ||
	     address_is_unspecified(query->family, &query->address)))
		return false;
	/* An address in a node's block for pods may belong to a new pod whose record has not
	 * arrived yet. */
	return !workloads_in_pod_block(workloads, query->family, &query->address);
}

void holder_find(const struct workloads *workloads, const struct holder_query *query,
		 struct holder *holder)
{
	const struct service_record *service;

	holder_find_pod(workloads, query, holder);
	if (!holder->pod || holder->pod->host_network)
		holder_find_node(workloads, query, holder);
	enum holder_kind as_service = holder_find_service(workloads, query, &service);
	holder->has_service = service != NULL;
	if (address_is_loopback(query->family, &query->address)) {
		holder->kind = HOLDER_LOOPBACK;
	} else if (as_service == HOLDER_SERVICE && query->direction == FLOW_EGRESS) {
		holder->kind = HOLDER_SERVICE;
		holder->service = service;
	} else if (holder->kind == HOLDER_UNKNOWN && (holder->node_name || holder->pod)) {
		holder->kind = HOLDER_NODE;
		holder->service = holder_find_node_port(workloads, query);
	} else if (holder->kind == HOLDER_UNKNOWN && service) {
		holder->kind = (uint8_t)as_service;
		holder->service = service;
	} else if (holder->kind == HOLDER_UNKNOWN && query->direction == FLOW_EGRESS &&
		   (holder->range = workloads_service_range(workloads, query->family,
							    &query->address, &holder->cidr))) {
		holder->kind = HOLDER_SERVICE_RANGE;
	} else if (holder->kind == HOLDER_UNKNOWN && holder_is_external(workloads, query)) {
		holder->kind = HOLDER_EXTERNAL;
	}
}

static const struct address_translation *holder_find_translation(const struct workloads *workloads,
								 const struct holder_query *query,
								 uint8_t protocol)
{
	return workloads_translation(workloads, query->family, &query->address, protocol,
				     query->port);
}

void holder_find_backends(const struct workloads *workloads, const struct holder_query *query,
			  bool any_protocol, struct holder_backends *backends)
{
	struct holder holder;

	*backends = (struct holder_backends){0};
	if (query->direction != FLOW_EGRESS)
		return;
	backends->translation = holder_find_translation(workloads, query, query->protocol);
	for (uint8_t protocol = FLOW_TCP;
	     protocol <= FLOW_SCTP && !backends->translation && any_protocol; protocol++)
		backends->translation = holder_find_translation(workloads, query, protocol);
	if (!backends->translation)
		return;
	holder_find(workloads, query, &holder);
	if (holder.service || holder.kind == HOLDER_POD || holder.kind == HOLDER_SHARED ||
	    holder.kind == HOLDER_LATER)
		backends->translation = NULL;
}

bool holder_next_backend(const struct workloads *workloads, struct holder_backends *backends,
			 struct holder_query *backend, struct holder *holder)
{
	const struct address_translation *translation = backends->translation;

	while (translation && backends->next < translation->count) {
		const struct translation_backend *at = &translation->backends[backends->next++];
		*backend = (struct holder_query){.address = at->address,
						 .family = translation->family,
						 .direction = FLOW_EGRESS,
						 .protocol = translation->protocol,
						 .port = at->port,
						 .time_ns = at->last_ns};
		holder_find(workloads, backend, holder);
		bool is_gone =
			holder->kind == HOLDER_LATER ||
			(holder->kind == HOLDER_UNKNOWN &&
			 workloads_in_pod_block(workloads, backend->family, &backend->address));
		if (!is_gone)
			return true;
	}
	return false;
}
