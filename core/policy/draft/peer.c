/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/draft/peer.h"

#include <errno.h>

#include "core/policy/draft/translate.h"
#include "core/record/address.h"

static enum peer_reason peer_check(const struct peer_request *request,
				   const struct holder_query *query)
{
	const struct edge *edge = request->edge;

	if (address_is_loopback(query->family, &query->address))
		return PEER_LOOPBACK;
	if (address_is_unspecified(query->family, &query->address) ||
	    address_is_multicast_or_broadcast(query->family, &query->address) ||
	    address_is_link_local_v6(query->family, &query->address))
		return PEER_NOT_UNICAST;
	if (edge->protocol != FLOW_TCP && edge->protocol != FLOW_UDP && edge->protocol != FLOW_SCTP)
		return PEER_BAD_PROTOCOL;
	return request->port == 0 || request->protocol == FLOW_PROTOCOL_OTHER ? PEER_BAD_PORT
									      : PEER_PLAIN;
}

/* Adds the backends of the Services at the address. *done: the address needs nothing else. */
static int peer_add_services(const struct peer_request *request, const struct holder_query *query,
			     const struct holder *holder, bool *done)
{
	const struct service_backends *const *services;
	const struct service_record *service = holder->service;
	size_t count;
	int error = resolver_find_services(request->context->resolver, query, &services, &count);

	for (size_t i = 0; i < count && !error; i++)
		error = translate_service(request, services[i]);
	*done = error || holder->kind == HOLDER_SERVICE;
	/* Other ports of a load balancer's address may be a router's or a node's. */
	if (!error && count == 0 && holder->kind == HOLDER_SERVICE)
		error = peer_note(request, PEER_SERVICE_PORT, "service", service->namespace_name,
				  service->name);
	return error;
}

/*
 * Adds the pods behind a node port. kube-proxy rewrites what goes to a node port of the node that it
 * runs on, before policies see it. The caller allows the node's address as well: policies see that
 * where nothing rewrites it.
 */
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
			error = translate_service(request, services[i]);
	}
	return error;
}

int peer_resolve(const struct peer_request *request)
{
	const struct edge *edge = request->edge;
	struct holder_query query = {
		.address = edge->peer,
		.family = edge->family,
		.direction = edge->direction,
		.protocol = request->protocol,
		.port = request->port,
		.time_ns = edge->last_ns,
		.node = request->subject->node,
		.pod_namespace = edge->peer_namespace,
		.pod_name = edge->peer_kind == FLOW_PEER_POD ? edge->peer_name : NULL,
	};
	struct holder holder;
	bool done = false;
	int error = 0;

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
	/* Flows go to a Service's address, and never come from it. */
	if (request->direction == NETPOL_EGRESS)
		error = peer_add_services(request, &query, &holder, &done);
	if (!error && !done && holder.own_node && request->direction == NETPOL_EGRESS)
		error = peer_add_node_ports(request, &query);
	if (error || done)
		return error;
	return peer_add_holder(request, &query, &holder, NULL);
}
