/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/draft/peer.h"

#include <errno.h>
#include <stdio.h>

#include "core/policy/draft/group_labels.h"
#include "core/policy/netpol/syntax.h"
#include "core/record/address.h"
#include "core/state/edge_query.h"

/* --- backends of Services --- */

/* Returns true if the API accepts these labels. */
static bool peer_labels_are_valid(const struct labels *labels)
{
	for (size_t i = 0; i < labels->count; i++) {
		if (!syntax_is_label_key(labels->items[i].key) ||
		    !syntax_is_label_value(labels->items[i].value))
			return false;
	}
	return true;
}

/* Returns the Service's slot, filled in, or NULL if out of memory. The slot's selector is NULL if
 * the Service has no selector or an invalid one. */
static const struct peer_slot *peer_service_slot(struct peer_context *context,
						 const struct service_record *service)
{
	struct peer_slot *slot = peer_slot_get(context, service);
	const struct netpol_selector *selector = NULL;

	if (!slot || slot->pods.namespace_name)
		return slot;
	slot->description =
		peer_describe(context->arena, "service", service->namespace_name, service->name);
	if (!slot->description)
		return NULL;
	if (service->selector.count > 0 && syntax_is_dns_label(service->namespace_name) &&
	    peer_labels_are_valid(&service->selector)) {
		selector = netpol_selector_copy(context->arena, &service->selector,
						group_labels_outlives_rollout);
		/* An empty selector would select all pods of the namespace. */
		if (selector && selector->labels.count == 0)
			selector = netpol_selector_copy(context->arena, &service->selector, NULL);
		if (!selector)
			return NULL;
	}
	slot->pods =
		peer_pods_make(peer_namespace_name(context, service->namespace_name), selector);
	return slot->pods.namespace_name ? slot : NULL;
}

/* Adds the pods that the Service selects, of all rollouts, with the number of their port. A port
 * with a name can have a different number in each pod. In that case, adds the pods once for each
 * number. If no number is known, adds them with the name of the port. */
static int peer_add_selected(const struct peer_request *request,
			     const struct service_backends *backends, const struct peer_slot *slot)
{
	const char *name = backends->port->target_port;
	struct peer_request at = *request;
	int error = 0;

	if (!slot->pods.selector) {
		peer_answer_add(request->answer, PEER_SERVICE_SELECTOR, slot->description);
		return 0;
	}
	if (slot->pods.selector->labels.count < backends->service->selector.count)
		peer_answer_add(request->answer, PEER_ROLLOUT, slot->description);
	for (size_t i = 0; i < backends->number_count && !error; i++) {
		at.port = backends->numbers[i];
		error = peer_add_pods(&at, &slot->pods);
	}
	if (backends->number_count > 0)
		return error;
	if (!syntax_is_port_name(name)) {
		peer_answer_add(request->answer, PEER_SERVICE_PORT, slot->description);
		return 0;
	}
	at.port_name = arena_string(request->context->arena, name);
	if (!at.port_name)
		return -ENOMEM;
	peer_answer_add(request->answer, PEER_NAMED_PORT, slot->description);
	return peer_add_pods(&at, &slot->pods);
}

/* Adds the addresses of all backends if the Service has no selector. Otherwise adds only the
 * addresses of host-network backends, because selectors do not match these on most plugins. */
static int peer_add_backends(const struct peer_request *request,
			     const struct service_backends *backends, const struct peer_slot *slot)
{
	bool selects = backends->service->selector.count > 0;
	struct peer_request at = *request;
	int error = 0;

	for (size_t i = 0; i < backends->count && !error; i++) {
		const struct backend *backend = &backends->items[i];
		if (backend->family == 0 || (selects && !backend->host_network))
			continue;
		at.port = backend->port;
		if (selects)
			peer_answer_add(request->answer, PEER_HOST_NETWORK, slot->description);
		error = selects ? peer_add_block(&at, backend->family, &backend->address,
						 slot->description)
				: peer_add_address(&at, backend->family, &backend->address,
						   slot->description);
	}
	if (!selects && backends->count == 0)
		peer_answer_add(request->answer, PEER_SERVICE_ENDPOINTS, slot->description);
	return error;
}

/* Adds the Service's own port. Plugins that judge packets before rewriting (AWS VPC CNI) see this
 * port and the Service's address. For them, a rule that selects the Service's pods also matches the
 * Service's address. */
static int peer_add_service_port(const struct peer_request *request,
				 const struct service_backends *backends,
				 const struct peer_slot *slot)
{
	const struct service_record *service = backends->service;
	struct peer_request at = *request;
	int error = 0;

	at.port = backends->port->port;
	at.port_name = NULL;
	at.guessed = true;
	request->context->service_port = true;
	if (service->selector.count > 0)
		return slot->pods.selector ? peer_add_pods(&at, &slot->pods) : 0;
	for (size_t i = 0; i < service->cluster_ips.count && error == 0; i++) {
		struct flow_address address;
		uint8_t family;
		if (address_parse(service->cluster_ips.items[i], &family, &address) == 0)
			error = peer_add_block(&at, family, &address, slot->description);
	}
	return error;
}

int peer_add_service(const struct peer_request *request, const struct service_backends *backends)
{
	const struct service_record *service = backends->service;
	const struct peer_slot *slot = peer_service_slot(request->context, service);
	int error = 0;

	if (!slot)
		return -ENOMEM;
	if (service->selector.count > 0)
		error = peer_add_selected(request, backends, slot);
	if (error == 0 && request->context->service_ports)
		error = peer_add_service_port(request, backends, slot);
	if (error || (service->selector.count > 0 && !backends->has_host_network))
		return error;
	return peer_add_backends(request, backends, slot);
}

/* --- edges --- */

static enum peer_reason peer_check(const struct peer_request *request,
				   const struct holder_query *query)
{
	const struct edge *edge = request->edge;

	if (query->family == 0)
		return PEER_UNKNOWN;
	if (address_is_loopback(query->family, &query->address))
		return PEER_LOOPBACK;
	if (!address_is_judged(query->family, &query->address))
		return PEER_NOT_UNICAST;
	if (edge->protocol != FLOW_TCP && edge->protocol != FLOW_UDP && edge->protocol != FLOW_SCTP)
		return PEER_BAD_PROTOCOL;
	return request->port == 0 || request->protocol == FLOW_PROTOCOL_OTHER ? PEER_BAD_PORT
									      : PEER_PLAIN;
}

/* Adds the backends of the Services that have the address. Sets *done to true if the address needs
 * no other items. */
static int peer_add_services(const struct peer_request *request, const struct holder_query *query,
			     const struct holder *holder, bool *done)
{
	const struct service_backends *const *services;
	const struct service_record *service = holder->service;
	size_t count;
	int error = resolver_find_services(request->context->resolver, query, &services, &count);

	for (size_t i = 0; i < count && !error; i++)
		error = peer_add_service(request, services[i]);
	*done = error || holder->kind == HOLDER_SERVICE;
	/* A flow to a cluster IP (HOLDER_SERVICE) fails if the Service lacks the port. Other
	 * addresses, such as that of a load balancer, may belong to a router or a node that listens
	 * on the port. */
	if (!error && count == 0 && holder->kind == HOLDER_SERVICE)
		error = peer_note(request, PEER_SERVICE_PORT, "service", service->namespace_name,
				  service->name);
	return error;
}

/* Adds the pods behind a node port. If a flow goes to a node port of the client's own node, that
 * node's kube-proxy replaces the destination with a pod before policies see the flow. If nothing
 * replaces the destination, policies see the node's address, which the caller allows. */
static int peer_add_node_ports(const struct peer_request *request, const struct holder_query *query)
{
	const struct service_backends *const *services;
	size_t count;
	int error = resolver_find_node_ports(request->context->resolver, query, &services, &count);

	for (size_t i = 0; i < count && !error; i++) {
		const struct service_record *service = services[i]->service;
		error = peer_note(request, PEER_NODE_PORT, "service", service->namespace_name,
				  service->name);
		if (!error)
			error = peer_add_service(request, services[i]);
	}
	return error;
}

/* If a node forwards the port to a pod (hostPort), adds that pod. Sets *done if this is the
 * client's own node, which replaces the destination before policies see the flow. Other nodes do
 * this when the flow arrives there, so policies at the client see the node's address, which the
 * caller allows. */
static int peer_add_host_port(const struct peer_request *request, const struct holder_query *query,
			      bool own_node, bool *done)
{
	struct peer_request at = *request;
	struct holder holder = {.kind = HOLDER_POD};

	holder.pod = holder_find_host_port(request->context->workloads, query, &at.port);
	if (!holder.pod)
		return 0;
	*done = own_node;
	int error = peer_note(request, PEER_HOST_PORT, "pod", holder.pod->namespace_name,
			      holder.pod->name);
	return error ? error : peer_add_holder(&at, query, &holder, NULL);
}

/* Adds the backends that connection tracking showed behind the address, unless a record describes
 * the address. Sets *done if it adds any. */
static int peer_add_translated(const struct peer_request *request, const struct holder_query *query,
			       bool *done)
{
	const struct workloads *workloads = request->context->workloads;
	struct peer_request at = *request;
	struct holder_backends backends;
	struct holder_query backend;
	struct holder holder;
	int error = 0;

	/* A guessed request is for DNS over the other transport, which the same pods serve. */
	holder_find_backends(workloads, query, request->guessed, &backends);
	while (error == 0 && holder_next_backend(workloads, &backends, &backend, &holder)) {
		at.port = backend.port;
		error = peer_add_holder(&at, &backend, &holder, NULL);
		*done = true;
	}
	if (*done)
		peer_answer_add(request->answer, PEER_TRANSLATED, NULL);
	return error;
}

/* Sets the reason why a flow gets no rule: its address is in the Service range, and no known
 * Service has it. */
static int peer_refuse_service(const struct peer_request *request, const struct holder *holder)
{
	const struct service_range_record *range = holder->range;
	char text[160];

	snprintf(text, sizeof(text), "%s%s%s%s", holder->cidr, range->source ? " (" : "",
		 range->source ? range->source : "", range->source ? ")" : "");
	return peer_note(request, PEER_SERVICE_UNKNOWN, "in the Service range", NULL, text);
}

void peer_query_of_edge(const struct edge *edge, struct holder_query *query)
{
	*query = edge_query(edge);
	query->pod_namespace = edge->peer_namespace;
	query->pod_name = edge->peer_kind == FLOW_PEER_POD ? edge->peer_name : NULL;
}

int peer_resolve(const struct peer_request *request)
{
	struct holder_query query;
	struct holder holder;
	bool done = false;
	int error = 0;

	peer_query_of_edge(request->edge, &query);
	query.protocol = request->protocol;
	query.port = request->port;
	query.node = request->subject->node;
	*request->answer = (struct peer_answer){.reason = PEER_PLAIN};
	address_unmap(&query.family, &query.address);
	enum peer_reason reason = peer_check(request, &query);
	if (reason != PEER_PLAIN) {
		peer_answer_add(request->answer, reason, NULL);
		return 0;
	}
	holder_find(request->context->workloads, &query, &holder);
	if (holder.own_node && request->direction == NETPOL_INGRESS) {
		peer_answer_add(request->answer, PEER_OWN_NODE, NULL);
		return 0;
	}
	/* A flow may go to a Service's address, but never comes from it. */
	if (request->direction == NETPOL_EGRESS && holder.has_service)
		error = peer_add_services(request, &query, &holder, &done);
	if (!error && !done && holder.kind == HOLDER_NODE)
		error = peer_add_host_port(request, &query, holder.own_node, &done);
	if (!error && !done && request->direction == NETPOL_EGRESS)
		error = peer_add_translated(request, &query, &done);
	if (!error && !done && holder.kind == HOLDER_SERVICE_RANGE)
		return peer_refuse_service(request, &holder);
	if (!error && !done && holder.own_node && request->direction == NETPOL_EGRESS)
		error = peer_add_node_ports(request, &query);
	if (error || done)
		return error;
	return peer_add_holder(request, &query, &holder, NULL);
}
