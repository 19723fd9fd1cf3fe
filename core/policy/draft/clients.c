/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/draft/clients.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/policy/draft/far_end.h"
#include "core/policy/draft/peer.h"
#include "core/record/address.h"
#include "core/state/identity/holder.h"
#include "core/state/identity/service.h"

/* A client of the workload: its egress edge to a port of the workload. */
struct client {
	const struct edge *edge;
	uint64_t key;     /* note_tuple_key of the edge */
	uint64_t subject; /* index of the edge's subject */
	/* The client's successful connections that the workload's ingress edges do not contain. If
	 * is_node is set: all of the client's successful connections. */
	uint64_t ok;
	uint16_t port;   /* the workload's port */
	bool is_node;    /* the client is the workload's own node, which needs no rule */
	bool is_service; /* the edge leads to a Service: the node may have masqueraded the client */
};

struct clients {
	struct evidence *evidence;
	struct client *items;
	size_t count;
	size_t capacity;
	bool unexplained; /* an ingress edge of the workload lacks the client's address or port */
	int error;
};

/* --- the edges to the workload --- */

static void clients_add_edge(struct clients *clients, const struct edge *edge, uint16_t port,
			     bool is_service)
{
	struct client *added;

	if (edge->ok_count == 0 || port == 0)
		return;
	added = ARRAY_ADD(clients->items, clients->count, clients->capacity);
	if (!added)
		clients->error = -ENOMEM;
	else
		*added = (struct client){.edge = edge,
					 .key = note_tuple_key(edge),
					 .subject = edge->subject->index,
					 .port = port,
					 .is_service = is_service};
}

/* Adds each edge that leads to port `to` of address `text`. That port forwards to `port` of the
 * workload. */
static void clients_add_edges_to(struct clients *clients, const char *text, uint16_t to,
				 uint8_t protocol, uint16_t port)
{
	struct flow_address address;
	uint8_t family;

	if (address_parse(text, &family, &address) != 0)
		return;
	const struct edge_list list =
		state_edges_with(clients->evidence->state, FLOW_EGRESS, family, &address);
	for (size_t i = 0; i < list.count; i++) {
		const struct edge *edge = edge_list_get(&list, i);
		if (edge->protocol == protocol && edge->port == to)
			clients_add_edge(clients, edge, port, true);
	}
}

static void clients_add_node_port(struct clients *clients, const struct service_port *port,
				  uint16_t number)
{
	const struct workloads *workloads = clients->evidence->peers.workloads;

	for (size_t i = 0; i < workloads_count(workloads, RECORD_NODE); i++) {
		const struct node_record *node = workloads_node_at(workloads, i);
		for (size_t k = 0; k < node->ips.count; k++)
			clients_add_edges_to(clients, node->ips.items[k], port->node_port,
					     service_protocol(port->protocol), number);
	}
}

static void clients_add_place(struct clients *clients, const struct service_place *place)
{
	const struct service_record *service = place->service;
	const struct service_port *port = place->port;
	uint8_t protocol = service_protocol(port->protocol);

	for (size_t k = 0; k < service->cluster_ips.count; k++)
		clients_add_edges_to(clients, service->cluster_ips.items[k], port->port, protocol,
				     place->number);
	for (size_t k = 0; k < service->lb_ips.count; k++)
		clients_add_edges_to(clients, service->lb_ips.items[k], port->port, protocol,
				     place->number);
	if (port->node_port != 0)
		clients_add_node_port(clients, port, place->number);
}

/* Adds an edge if connection tracking showed that its peer's address and port lead to the pod. */
static void clients_add_translated(struct clients *clients, const struct pod_record *pod,
				   const struct edge *edge)
{
	const struct workloads *workloads = clients->evidence->peers.workloads;
	struct holder_backends backends;
	struct holder_query query;
	struct holder_query backend;
	struct holder holder;

	peer_query_of_edge(edge, &query);
	holder_find_backends(workloads, &query, false, &backends);
	while (holder_next_backend(workloads, &backends, &backend, &holder)) {
		if (holder.kind == HOLDER_POD && holder.pod == pod)
			clients_add_edge(clients, edge, backend.port, true);
	}
}

/* Adds each edge whose peer address, as connection tracking showed, leads to the subject's pod. */
static void clients_add_translations(struct clients *clients, const struct peer_subject *subject)
{
	const struct translations *translations =
		workloads_translations(clients->evidence->peers.workloads);
	struct hash_cursor cursor;

	for (size_t i = 0; i < subject->own_count && translations->count > 0; i++) {
		for (const struct address_translation *at =
			     translations_first_to(translations, subject->own[i].family,
						   &subject->own[i].address, &cursor);
		     at; at = translations_next_to(translations, &cursor)) {
			const struct edge_list list = state_edges_with(
				clients->evidence->state, FLOW_EGRESS, at->family, &at->address);
			for (size_t k = 0; k < list.count; k++) {
				const struct edge *edge = edge_list_get(&list, k);
				if (edge->protocol == at->protocol && edge->port == at->port)
					clients_add_translated(clients, subject->pod, edge);
			}
		}
	}
}

/* Adds the edges that lead to a pod's host port at one of the given addresses of the pod's node, if
 * the port is open there. */
static void clients_add_host_port(struct clients *clients, const struct string_list *addresses,
				  const struct pod_port *port)
{
	for (size_t i = 0; i < addresses->count; i++) {
		struct flow_address address;
		uint8_t family;
		if (address_parse(addresses->items[i], &family, &address) == 0 &&
		    holder_host_port_is_at(port, family, &address))
			clients_add_edges_to(clients, addresses->items[i], port->host_port,
					     service_protocol(port->protocol), port->port);
	}
}

static void clients_add_host_ports(struct clients *clients, const struct pod_record *pod)
{
	const struct node_record *node =
		pod->node ? workloads_node(clients->evidence->peers.workloads, pod->node) : NULL;
	struct string_list gateways = {0};

	for (size_t i = 0; i < pod->port_count && node && !pod->host_network; i++) {
		if (pod->ports[i].host_port == 0)
			continue;
		if (gateways.count == 0)
			workloads_list_gateways(node, &gateways);
		clients_add_host_port(clients, &node->ips, &pod->ports[i]);
		clients_add_host_port(clients, &gateways, &pod->ports[i]);
	}
	string_list_clear(&gateways);
}

/* Adds the edges that lead to one pod. */
static void clients_add_pod(struct clients *clients, const struct peer_subject *subject)
{
	const struct evidence *evidence = clients->evidence;
	const struct service_place *place;

	for (size_t i = 0; i < subject->own_count; i++) {
		const struct edge_list list =
			state_edges_with(evidence->state, FLOW_EGRESS, subject->own[i].family,
					 &subject->own[i].address);
		for (size_t k = 0; k < list.count; k++) {
			const struct edge *edge = edge_list_get(&list, k);
			clients_add_edge(clients, edge, edge->port, false);
		}
	}
	clients_add_translations(clients, subject);
	clients_add_host_ports(clients, subject->pod);
	int error = resolver_find_places(evidence->peers.resolver, subject->pod, &place);
	for (; place; place = place->next)
		clients_add_place(clients, place);
	if (error != 0)
		clients->error = error;
}

static int clients_compare(const void *a, const void *b)
{
	const struct client *x = a;
	const struct client *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	int order = note_compare_tuples(x->edge, y->edge);

	if (order == 0)
		order = (x->subject > y->subject) - (x->subject < y->subject);
	return order != 0 ? order : x->port - y->port;
}

/* Removes duplicates: replicas share a Service, so each of them added the Service's edges. */
static void clients_settle(struct clients *clients)
{
	size_t kept = 0;

	/* Most clients have the same peer, a pod or Service of the workload. */
	if (array_sort_by_number(clients->items, clients->count, sizeof(*clients->items),
				 offsetof(struct client, subject), NULL) != 0 ||
	    array_sort_by_number(clients->items, clients->count, sizeof(*clients->items),
				 offsetof(struct client, key), clients_compare) != 0)
		clients->error = -ENOMEM;
	for (size_t i = 0; i < clients->count; i++) {
		if (kept == 0 || clients->items[kept - 1].edge != clients->items[i].edge ||
		    clients->items[kept - 1].port != clients->items[i].port)
			clients->items[kept++] = clients->items[i];
	}
	clients->count = kept;
}

/* --- the kind of each client --- */

/*
 * Returns whether the client has its node's address, and all pods of the workload are on that node.
 */
static bool clients_is_own_node(const struct evidence *evidence, const struct client *client)
{
	const struct edge *edge = client->edge;

	if (far_end_is_pod(client->edge) || edge->several_locals)
		return false;
	for (size_t i = 0; i < evidence->subject_count; i++) {
		if (!holder_is_node(evidence->peers.workloads, evidence->subjects[i].node,
				    edge->family, &edge->local))
			return false;
	}
	return true;
}

static struct far_end clients_far_end(const struct evidence *evidence, const struct client *client)
{
	return (struct far_end){
		.edge = client->edge,
		.subject = evidence->edges[0].edge->subject,
		.peer = client->edge->local,
		.port = client->port,
	};
}

/* Returns whether the workload's ingress edges from the client's address are flows of this client
 * that already have an item. If the client is a pod, no other pod may have the address. The pod
 * must not be a replica of the workload either: the ingress edges may then be flows of the pod to
 * itself, which have no item. If the client is a node, no replica may run on that node. */
static bool clients_has_address(const struct evidence *evidence, const struct client *client)
{
	const struct edge *edge = client->edge;
	const struct holder_query query = {
		.address = edge->local, .family = edge->family, .time_ns = UINT64_MAX};
	struct holder holder;

	/* Policies always allow flows from a node to the pods on it. So if a replica runs on the
	 * client's node, that replica's ingress edges from the node added no item to the policy.
	 * Replicas on other nodes still need an item for this client. */
	for (size_t i = 0; i < evidence->subject_count && !far_end_is_pod(edge); i++) {
		struct holder_query from = query;
		from.node = evidence->subjects[i].node;
		if (holder_is_own_node(evidence->peers.workloads, &from))
			return false;
	}
	if (!far_end_is_pod(edge))
		return true;
	holder_find_pod(evidence->peers.workloads, &query, &holder);
	return holder.kind == HOLDER_POD && holder.pod == edge->subject->pod_record &&
	       !evidence_has_pod(evidence, holder.pod);
}

/* Sets `is_node` and `ok`. Returns false if the client needs no rule: the workload's ingress edges
 * have all of the client's connections, or the user's options leave out the client's edge
 * (far_end_counts). */
static bool clients_judge(struct clients *clients, struct client *client)
{
	struct evidence *evidence = clients->evidence;
	const struct far_end end = clients_far_end(evidence, client);
	uint64_t seen = far_end_count_seen(evidence, &end, client->edge->subject->pod_record);

	/* Ingress edges to a mesh proxy's port have no item (evidence_redirected). */
	if (seen > 0 &&
	    (flow_is_redirect_port(client->port) || !clients_has_address(evidence, client)))
		seen = 0;
	client->is_node = clients_is_own_node(evidence, client);
	client->ok = client->edge->ok_count > seen ? client->edge->ok_count - seen : 0;
	if (client->is_node)
		client->ok = client->edge->ok_count;
	return client->ok > 0 && far_end_counts(evidence, &end, &clients->error);
}

/* --- ingress edges of the workload --- */

/* Returns whether a Service makes the pods' port reachable from outside the cluster. Connections
 * through its node port or load balancer may come from a node's address instead of the client's.
 * Returns true if no Service is known. */
static bool clients_port_is_exposed(const struct evidence *evidence, const struct edge *edge)
{
	const struct pod_record *pod = edge->subject->pod_record;
	const struct service_place *place = NULL;

	if (workloads_count(evidence->peers.workloads, RECORD_SERVICE) == 0)
		return true;
	if (!pod)
		return false;
	/* If out of memory, assume that the port is reachable. */
	if (resolver_find_places(evidence->peers.resolver, pod, &place) != 0)
		return true;
	for (; place; place = place->next) {
		if ((place->port->node_port != 0 || place->service->lb_ips.count > 0) &&
		    service_protocol(place->port->protocol) == edge->protocol &&
		    (place->number == edge->port || flow_is_redirect_port(edge->port)))
			return true;
	}
	return false;
}

/* Returns whether the source of an ingress flow is an address of the pod's own node. */
static bool clients_is_from_node(const struct evidence *evidence, const struct evidence_edge *at)
{
	const struct edge *edge = at->edge;

	if (edge->direction != FLOW_INGRESS || edge->ok_count == 0 ||
	    (edge->family != 4 && edge->family != 6) ||
	    address_is_loopback(edge->family, &edge->peer) || evidence_is_filtered(evidence, edge))
		return false;
	const struct holder_query query = {
		.address = edge->peer,
		.family = edge->family,
		.direction = edge->direction,
		.time_ns = edge->last_ns,
		.node = evidence->subjects[at->subject].node,
	};
	return holder_is_own_node(evidence->peers.workloads, &query);
}

/* Returns whether a flow came from the pod's own node, which may have masqueraded the client. */
static bool clients_may_be_masqueraded(const struct evidence *evidence,
				       const struct evidence_edge *at)
{
	const struct edge *edge = at->edge;

	/* Most ports are not exposed. Finding that out costs less than looking up the source. */
	return edge->direction == FLOW_INGRESS && (!edge->origin_known || edge->origin_unknown) &&
	       clients_port_is_exposed(evidence, edge) && clients_is_from_node(evidence, at);
}

/* Returns the number of the clients' connections that may reach the workload from a node's address:
 * those from the node itself and those through a Service. Counts connections to the edge's port, or
 * to all ports if the pod redirects other ports to the edge's port. */
static uint64_t clients_explained(const struct clients *clients, const struct edge *edge)
{
	bool any_port = flow_is_redirect_port(edge->port);
	uint64_t count = 0;

	for (size_t i = 0; i < clients->count; i++) {
		const struct client *client = &clients->items[i];
		if (client->edge->protocol == edge->protocol &&
		    (any_port || client->port == edge->port) &&
		    (client->is_node || client->is_service))
			count += client->ok;
	}
	return count;
}

static bool clients_have(const struct clients *clients, const struct edge *edge)
{
	for (size_t i = 0; i < clients->count; i++) {
		const struct edge *client = clients->items[i].edge;
		if (client->protocol == edge->protocol && client->family == edge->family &&
		    address_equal(&client->local, &edge->peer))
			return true;
	}
	return false;
}

/* Counts the connections from addresses of the pods' own nodes to the port of edge `first`. Adds a
 * note if there are more of them than clients_explained returns. Does nothing unless `first` is the
 * first edge of the port, so that each port is judged once. */
static int clients_check_node(struct clients *clients, size_t first)
{
	struct evidence *evidence = clients->evidence;
	const struct edge *edge = evidence->edges[first].edge;
	uint64_t seen = 0;

	for (size_t i = 0; i < evidence->edge_count; i++) {
		const struct edge *other = evidence->edges[i].edge;
		if (other->port != edge->port || other->protocol != edge->protocol ||
		    !clients_may_be_masqueraded(evidence, &evidence->edges[i]))
			continue;
		if (i < first)
			return 0;
		seen += other->ok_count;
		if (!evidence_redirected(evidence, &evidence->edges[i]))
			continue;
		evidence->counts.connections += other->ok_count;
		evidence->counts.covered += other->ok_count;
		evidence->counts.flows += other->flow_count;
	}
	uint64_t explained = clients_explained(clients, edge);
	clients->unexplained = true;
	evidence->notes.implicit[PEER_OWN_NODE] -= evidence->notes.implicit[PEER_OWN_NODE] > 0;
	if (explained >= seen)
		return 0;
	evidence->counts.covered -= evidence->counts.covered < seen - explained
					    ? evidence->counts.covered
					    : seen - explained;
	evidence->counts.refused[NETPOL_INGRESS] += seen - explained;
	return evidence_note(evidence, edge, NOTE_SOURCE_UNKNOWN, seen - explained);
}

/* Judges a flow to the port of a service mesh's proxy, to which the pod redirects connections. */
static int clients_check_redirected(struct clients *clients, const struct evidence_edge *at)
{
	struct evidence *evidence = clients->evidence;
	const struct edge *edge = at->edge;

	if (edge->ok_count == 0 || evidence_is_filtered(evidence, edge))
		return 0;
	evidence->counts.connections += edge->ok_count;
	evidence->counts.flows += edge->flow_count;
	if (clients_is_from_node(evidence, at) || clients_have(clients, edge)) {
		clients->unexplained |= clients_have(clients, edge);
		evidence->counts.covered += edge->ok_count;
		return 0;
	}
	evidence->counts.refused[NETPOL_INGRESS] += edge->ok_count;
	return evidence_note(evidence, edge, NOTE_PORT_UNKNOWN, edge->ok_count);
}

/* --- rules --- */

static int clients_add_item(struct evidence *evidence, const struct client *client)
{
	const struct edge *edge = client->edge;
	const struct far_end end = clients_far_end(evidence, client);

	if (edge->protocol != FLOW_TCP && edge->protocol != FLOW_UDP && edge->protocol != FLOW_SCTP)
		return 0;
	if (far_end_is_pod(edge) && !client->is_service && evidence->subject_count == 1 &&
	    edge->subject->pod_record == evidence->subjects[0].pod)
		return 0;
	if (far_end_is_pod(edge))
		return far_end_allow(evidence, &end, edge->subject->pod_record, client->ok);
	if (edge->several_locals || address_is_loopback(edge->family, &edge->local) ||
	    address_is_unspecified(edge->family, &edge->local))
		return 0;
	return far_end_allow(evidence, &end, NULL, client->ok);
}

/* Returns whether the workload consists of pods, and its ingress flows were seen or are denied. */
static bool clients_are_wanted(const struct evidence *evidence)
{
	if (evidence->others_denied)
		return true;
	for (size_t i = 0; i < evidence->edge_count; i++) {
		if (evidence->edges[i].edge->direction == FLOW_INGRESS)
			return evidence->subjects[0].pod != NULL;
	}
	return false;
}

static void clients_collect(struct clients *clients)
{
	struct evidence *evidence = clients->evidence;
	size_t kept = 0;

	for (size_t i = 0; i < evidence->subject_count; i++) {
		if (evidence->subjects[i].pod)
			clients_add_pod(clients, &evidence->subjects[i]);
	}
	clients_settle(clients);
	for (size_t i = 0; i < clients->count; i++) {
		if (clients_judge(clients, &clients->items[i]))
			clients->items[kept++] = clients->items[i];
	}
	clients->count = kept;
}

int clients_add(struct evidence *evidence)
{
	struct clients clients = {.evidence = evidence};

	if (clients_are_wanted(evidence))
		clients_collect(&clients);
	for (size_t i = 0; i < evidence->edge_count && clients.error == 0; i++) {
		if (evidence_redirected(evidence, &evidence->edges[i]) &&
		    !clients_may_be_masqueraded(evidence, &evidence->edges[i]))
			clients.error = clients_check_redirected(&clients, &evidence->edges[i]);
		else if (clients_may_be_masqueraded(evidence, &evidence->edges[i]))
			clients.error = clients_check_node(&clients, i);
	}
	bool restricted = clients.unexplained || far_end_is_wanted(evidence, NETPOL_INGRESS);
	for (size_t i = 0; i < clients.count && restricted && clients.error == 0; i++) {
		if (!clients.items[i].is_node)
			clients.error = clients_add_item(evidence, &clients.items[i]);
	}
	free(clients.items);
	return clients.error;
}
