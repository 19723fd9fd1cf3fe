/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/draft/cluster_dns.h"

#include <errno.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/text.h"
#include "core/policy/draft/far_end.h"
#include "core/policy/draft/peer.h"
#include "core/policy/netpol/syntax.h"
#include "core/record/address.h"
#include "core/state/identity/service.h"

/* The maximum number of node addresses in the policy of a DNS server. */
#define NODE_ADDRESSES_MAX 128

static const uint8_t protocols[] = {FLOW_UDP, FLOW_TCP};

/* The DNS pods of nearly every cluster, and those of OpenShift. */
static const struct usual_pods {
	const char *namespace_name;
	struct label label;
	uint16_t port;
	bool openshift; /* only in clusters of OpenShift */
} usual_pods[] = {
	{"kube-system", {(char[]){"k8s-app"}, (char[]){"kube-dns"}}, DNS_PORT, false},
	{"openshift-dns",
	 {(char[]){"dns.operator.openshift.io/daemonset-dns"}, (char[]){"default"}},
	 5353,
	 true},
};

bool cluster_dns_is_query(const struct peer_item *item)
{
	/* Only this module adds items without an edge, and only for DNS. */
	return item->direction == NETPOL_EGRESS && (!item->edge || item->edge->port == DNS_PORT) &&
	       (item->protocol == FLOW_UDP || item->protocol == FLOW_TCP);
}

static bool cluster_dns_udp_was_watched(const struct evidence *evidence)
{
	return state_watched(evidence->state, FLOW_UDP);
}

/* Returns a pod of the workload, or NULL if none is known. */
static const struct pod_record *cluster_dns_pod(const struct evidence *evidence)
{
	return evidence->subject_count > 0 ? evidence->subjects[0].pod : NULL;
}

/* Returns whether a UDP query was observed that the workload received (FLOW_INGRESS) or sent
 * (FLOW_EGRESS). */
static bool cluster_dns_was_seen(const struct evidence *evidence, uint8_t direction)
{
	const struct pod_record *pod = cluster_dns_pod(evidence);

	for (size_t i = 0; i < evidence->edge_count; i++) {
		const struct edge *edge = evidence->edges[i].edge;
		if (edge->direction == direction && edge->protocol == FLOW_UDP &&
		    edge->ok_count > 0 &&
		    (edge->port == DNS_PORT ||
		     (direction == FLOW_INGRESS &&
		      dns_servers_other_transport(&evidence->dns, pod, FLOW_UDP, edge->port)
				      .protocol != 0)))
			return true;
	}
	return false;
}

/* Makes a request, without an edge, for items that allow DNS over one transport. */
static struct peer_request cluster_dns_request(struct evidence *evidence,
					       struct peer_answer *answer, uint8_t protocol,
					       enum netpol_direction direction)
{
	return (struct peer_request){
		.context = &evidence->peers,
		.items = &evidence->items,
		.answer = answer,
		.port = DNS_PORT,
		.protocol = protocol,
		.direction = (uint8_t)direction,
		.guessed = true,
	};
}

/* --- queries to the cluster's DNS --- */

static int cluster_dns_add_service(struct evidence *evidence, const struct service_record *service,
				   struct peer_answer *most)
{
	struct peer_answer answer = {.reason = PEER_PLAIN};
	int error = 0;

	for (size_t i = 0; error == 0 && i < ARRAY_LENGTH(protocols); i++) {
		const struct service_port *port =
			service_find_port(service, protocols[i], DNS_PORT);
		const struct peer_request request =
			cluster_dns_request(evidence, &answer, protocols[i], NETPOL_EGRESS);
		/* Allow TCP even if the Service has no TCP port, because clients repeat a query
		 * over TCP if its answer is too large for UDP. */
		if (!port)
			port = service_find_port(service, FLOW_UDP, DNS_PORT);
		const struct service_backends *backends =
			resolver_backends(evidence->peers.resolver, service, port, 0);
		error = backends ? peer_add_service(&request, backends) : -ENOMEM;
	}
	peer_answer_add(most, answer.reason, NULL);
	return error;
}

static int cluster_dns_add_address(struct evidence *evidence, const struct peer_address *address,
				   const char *origin)
{
	struct peer_answer answer = {.reason = PEER_PLAIN};
	int error = 0;

	for (size_t i = 0; error == 0 && i < ARRAY_LENGTH(protocols); i++) {
		const struct peer_request request =
			cluster_dns_request(evidence, &answer, protocols[i], NETPOL_EGRESS);
		error = peer_add_block(&request, address->family, &address->address, origin);
	}
	return error;
}

/*
 * A cache on the node also answers on the addresses of the DNS Service. No NAT rewrites queries to
 * the cache, so policies see the Service's addresses.
 */
static int cluster_dns_add_cluster_ips(struct evidence *evidence,
				       const struct service_record *service)
{
	int error = 0;

	for (size_t i = 0; error == 0 && i < service->cluster_ips.count; i++) {
		struct peer_address address;
		if (address_parse(service->cluster_ips.items[i], &address.family,
				  &address.address) != 0)
			continue;
		const char *origin = peer_describe(evidence->peers.arena, "service",
						   service->namespace_name, service->name);
		error = origin ? cluster_dns_add_address(evidence, &address, origin) : -ENOMEM;
	}
	return error;
}

static int cluster_dns_add_caches(struct evidence *evidence)
{
	const struct dns_servers *servers = &evidence->dns;
	int error = 0;

	for (size_t i = 0; error == 0 && i < servers->cache_count; i++)
		error = cluster_dns_add_address(evidence, &servers->caches[i], "NodeLocal DNS");
	for (size_t i = 0; error == 0 && servers->cache_count > 0 && i < servers->own_count; i++)
		error = cluster_dns_add_cluster_ips(evidence, servers->services[i]);
	return error;
}

/* Returns the slot of usual pods, filled in, or NULL if out of memory. */
static const struct peer_slot *cluster_dns_usual_slot(struct peer_context *context,
						      const struct usual_pods *usual)
{
	struct peer_slot *slot = peer_slot_get(context, usual);
	struct label label = usual->label;
	const struct labels labels = {.items = &label, .count = 1};

	if (!slot || slot->pods.selector)
		return slot;
	const struct netpol_selector *selector =
		netpol_selector_copy(context->arena, &labels, NULL);
	if (!selector)
		return NULL;
	slot->pods = peer_pods_make(usual->namespace_name, selector);
	return slot;
}

/* Allows pods with the usual labels of DNS pods, and the usual address of a cache. */
static int cluster_dns_add_usual(struct evidence *evidence)
{
	const struct peer_address cache = dns_servers_usual_cache();
	struct peer_answer answer = {.reason = PEER_PLAIN};

	if (dns_servers_find_openshift(&evidence->dns, evidence->peers.resolver) != 0)
		return -ENOMEM;
	for (size_t i = 0; i < ARRAY_LENGTH(usual_pods); i++) {
		if (usual_pods[i].openshift && !evidence->dns.openshift)
			continue;
		const struct peer_slot *slot =
			cluster_dns_usual_slot(&evidence->peers, &usual_pods[i]);
		if (!slot)
			return -ENOMEM;
		for (size_t k = 0; k < ARRAY_LENGTH(protocols); k++) {
			struct peer_request request =
				cluster_dns_request(evidence, &answer, protocols[k], NETPOL_EGRESS);
			request.port = usual_pods[i].port;
			int error = peer_add_pods(&request, &slot->pods);
			if (error != 0)
				return error;
		}
	}
	return cluster_dns_add_address(evidence, &cache, "NodeLocal DNS");
}

int cluster_dns_add(struct evidence *evidence, struct cluster_dns_answer *out)
{
	const struct dns_servers *servers = &evidence->dns;
	size_t before = evidence->items.count;
	/* If no Service is known to be the cluster's DNS, allow each Service with port 53. */
	size_t count = servers->own_count > 0 ? servers->own_count : servers->count;
	struct peer_answer answer = {.reason = PEER_PLAIN};
	int error = 0;

	for (size_t i = 0; error == 0 && i < count; i++)
		error = cluster_dns_add_service(evidence, servers->services[i], &answer);
	out->host_network = answer.reason == PEER_HOST_NETWORK;
	out->guessed = servers->own_count == 0 || evidence->items.count == before;
	if (error == 0)
		error = cluster_dns_add_caches(evidence);
	return error == 0 && out->guessed ? cluster_dns_add_usual(evidence) : error;
}

static bool cluster_dns_is_equal(const struct peer_item *a, const struct peer_item *b)
{
	return a->direction == b->direction && a->protocol == b->protocol && a->port == b->port &&
	       text_compare(a->port_name, b->port_name) == 0 &&
	       netpol_peer_compare(&a->peer, &b->peer) == 0;
}

/* Returns whether an item from index `count` on differs from all items before `count`. */
static bool cluster_dns_is_new(const struct evidence *evidence, size_t count)
{
	const struct peer_item *items = evidence->items.items;

	for (size_t i = count; i < evidence->items.count; i++) {
		size_t k = 0;
		while (k < count && !cluster_dns_is_equal(&items[k], &items[i]))
			k++;
		if (k == count)
			return true;
	}
	return false;
}

/* Returns whether an item from index `count` on equals an earlier item that an observed UDP query
 * added. */
static bool cluster_dns_was_asked(const struct evidence *evidence, size_t count)
{
	const struct peer_item *items = evidence->items.items;

	for (size_t i = 0; i < count; i++) {
		if (items[i].protocol != FLOW_UDP || items[i].guessed)
			continue;
		for (size_t k = count; k < evidence->items.count; k++) {
			if (cluster_dns_is_equal(&items[i], &items[k]))
				return true;
		}
	}
	return false;
}

static void cluster_dns_report_guesses(const struct cluster_dns_answer *answer, struct lines *lines)
{
	if (answer->host_network)
		lines_add(lines, "guessed: DNS pods are in their node's network: other nodes may "
				 "follow");
	if (answer->guessed)
		lines_add(lines, "guessed: no DNS Service is known: DNS is allowed at its usual "
				 "places");
}

int cluster_dns_add_asked(struct evidence *evidence, struct lines *lines)
{
	struct cluster_dns_answer answer = {.guessed = false};
	int error = cluster_dns_add(evidence, &answer);

	if (error == 0)
		cluster_dns_report_guesses(&answer, lines);
	return error;
}

bool cluster_dns_is_in(const struct evidence *evidence, const char *namespace_name)
{
	const struct dns_servers *servers = &evidence->dns;

	for (size_t i = 0; i < servers->own_count; i++) {
		if (strcmp(servers->services[i]->namespace_name, namespace_name) == 0)
			return true;
	}
	for (size_t i = 0; servers->own_count == 0 && i < ARRAY_LENGTH(usual_pods); i++) {
		if (strcmp(usual_pods[i].namespace_name, namespace_name) == 0)
			return true;
	}
	return false;
}

/* Adds the cluster's DNS to a policy that restricts egress, unless the policy already allows it or
 * the workload was seen to query another resolver while UDP was watched. */
static int cluster_dns_add_queries(struct evidence *evidence, struct lines *lines)
{
	bool always = evidence->options->dns == DRAFT_DNS_ALWAYS;
	size_t before = evidence->items.count;
	struct cluster_dns_answer answer = {.guessed = false};

	if (!far_end_is_restricted(evidence, NETPOL_EGRESS) || (evidence->dns_excluded && !always))
		return 0;
	if (!always && cluster_dns_udp_was_watched(evidence) &&
	    cluster_dns_was_seen(evidence, FLOW_EGRESS))
		return 0;
	int error = cluster_dns_add(evidence, &answer);
	if (error != 0)
		return error;
	/* An observed query shows which resolver the workload uses, and evidence_judge allowed both
	 * transports to it. */
	if (cluster_dns_was_asked(evidence, before))
		evidence->items.count = before;
	if (!cluster_dns_is_new(evidence, before))
		return 0;
	cluster_dns_report_guesses(&answer, lines);
	if (answer.guessed)
		return 0;
	if (always)
		lines_add(lines,
			  "added by choice: the cluster's DNS, which was not seen to be asked");
	else if (cluster_dns_udp_was_watched(evidence))
		lines_add(lines, "added: the cluster's DNS, which was not seen to be asked");
	else
		lines_add(lines, "added: the cluster's DNS: UDP was not watched");
	return 0;
}

/* --- ingress --- */

/* Allows DNS clients that were observed over one transport to use the other transport too. */
static int cluster_dns_add_other_transports(struct evidence *evidence, struct lines *lines)
{
	struct peer_items *items = &evidence->items;
	const struct pod_record *pod = cluster_dns_pod(evidence);
	size_t count = items->count;

	for (size_t i = 0; i < count; i++) {
		const struct peer_item *item = &items->items[i];
		const struct dns_transport other =
			item->direction == NETPOL_INGRESS
				? dns_servers_other_transport(&evidence->dns, pod, item->protocol,
							      item->port)
				: (struct dns_transport){0};
		if (other.protocol == 0)
			continue;
		struct peer_item *copy = peer_items_copy(items, i);
		if (!copy)
			return -ENOMEM;
		copy->protocol = other.protocol;
		copy->port = other.port;
		copy->guessed = true;
	}
	if (cluster_dns_is_new(evidence, count))
		lines_add(lines, cluster_dns_udp_was_watched(evidence)
					 ? "added: the other transport of DNS in ingress: DNS uses "
					   "UDP and TCP"
					 : "added: UDP beside TCP for clients of its DNS: UDP was "
					   "not watched");
	return 0;
}

/* Allows the pods of all namespaces to connect to the request's port. */
static int cluster_dns_add_all_pods(const struct peer_request *request)
{
	static const struct netpol_selector all = {.requirement_count = 0};
	const struct peer_pods pods = peer_pods_make(NULL, &all);
	int error = peer_add_pods(request, &pods);

	if (error == 0)
		request->items->items[request->items->count - 1].peer.namespaces = &all;
	return error;
}

/* Allows the nodes as clients, because queries of host-network pods come from their addresses. *all
 * is true if the policy lists all known nodes. */
static int cluster_dns_add_nodes(const struct peer_request *request, bool *all)
{
	const struct workloads *workloads = request->context->workloads;
	size_t count = 0;
	int error = 0;

	for (size_t i = 0; i < workloads_count(workloads, RECORD_NODE); i++) {
		const struct node_record *node = workloads_node_at(workloads, i);
		count += node->deleted ? 0 : node->ips.count;
	}
	*all = count > 0 && count <= NODE_ADDRESSES_MAX;
	for (size_t i = 0; *all && i < workloads_count(workloads, RECORD_NODE); i++) {
		const struct node_record *node = workloads_node_at(workloads, i);
		const char *origin =
			peer_describe(request->context->arena, "node", NULL, node->name);
		if (!origin)
			return -ENOMEM;
		for (size_t k = 0; error == 0 && !node->deleted && k < node->ips.count; k++) {
			struct peer_address address;
			if (address_parse(node->ips.items[k], &address.family, &address.address) ==
			    0)
				error = peer_add_block(request, address.family, &address.address,
						       origin);
		}
	}
	return error;
}

/* Allows all pods and the nodes to query one port over one transport. If port_name is NULL, `port`
 * is the number. */
static int cluster_dns_serve_port(struct evidence *evidence, uint8_t protocol, uint16_t port,
				  const char *port_name, bool *all_nodes)
{
	struct peer_answer answer = {.reason = PEER_PLAIN};
	struct peer_request request =
		cluster_dns_request(evidence, &answer, protocol, NETPOL_INGRESS);

	request.port = port;
	request.port_name = port_name;
	int error = cluster_dns_add_all_pods(&request);
	/* Cilium's entity for the pods of all namespaces includes the nodes. */
	if (error == 0 && evidence->options->format == DRAFT_KUBERNETES)
		error = cluster_dns_add_nodes(&request, all_nodes);
	return error;
}

/* Allows all pods and the nodes to query the pods of one Service over one transport. */
static int cluster_dns_serve(struct evidence *evidence, const struct service_record *service,
			     uint8_t protocol, bool *all_nodes)
{
	const struct service_port *port = service_find_port(service, protocol, DNS_PORT);

	if (!port)
		port = service_find_port(service, FLOW_UDP, DNS_PORT);
	uint16_t number = service_port_of_pod(cluster_dns_pod(evidence), port);
	if (number != 0)
		return cluster_dns_serve_port(evidence, protocol, number, NULL, all_nodes);
	const char *name = arena_string(evidence->peers.arena, port->target_port);
	if (!name)
		return -ENOMEM;
	return syntax_is_port_name(name)
		       ? cluster_dns_serve_port(evidence, protocol, 0, name, all_nodes)
		       : 0;
}

/* Returns the DNS port of a pod with the usual label of the cluster's DNS, or 0 for other pods. */
static uint16_t cluster_dns_usual_port(const struct pod_record *pod)
{
	for (size_t i = 0; pod && i < ARRAY_LENGTH(usual_pods); i++) {
		if (strcmp(pod->namespace_name, usual_pods[i].namespace_name) != 0)
			continue;
		const char *value = labels_get(&pod->labels, usual_pods[i].label.key);
		if (value && strcmp(value, usual_pods[i].label.value) == 0)
			return usual_pods[i].port;
	}
	return 0;
}

/* If the workload is a DNS server, its ingress is restricted, and no UDP query to it was observed,
 * allows all pods and the nodes as its clients. */
static int cluster_dns_add_clients(struct evidence *evidence, struct lines *lines)
{
	const struct pod_record *pod = cluster_dns_pod(evidence);
	const struct service_record *service;
	size_t before = evidence->items.count;
	bool all_nodes = true;

	if (!far_end_is_restricted(evidence, NETPOL_INGRESS) ||
	    cluster_dns_was_seen(evidence, FLOW_INGRESS))
		return 0;
	for (size_t i = 0; (service = dns_servers_next(&evidence->dns, pod, &i));) {
		for (size_t k = 0; k < ARRAY_LENGTH(protocols); k++) {
			int error = cluster_dns_serve(evidence, service, protocols[k], &all_nodes);
			if (error != 0)
				return error;
		}
	}
	uint16_t usual = evidence->items.count == before ? cluster_dns_usual_port(pod) : 0;
	for (size_t k = 0; usual != 0 && k < ARRAY_LENGTH(protocols); k++) {
		int error = cluster_dns_serve_port(evidence, protocols[k], usual, NULL, &all_nodes);
		if (error != 0)
			return error;
	}
	if (evidence->items.count == before)
		return 0;
	lines_printf(
		lines,
		"guessed: no query to it over UDP was seen: DNS is allowed from the pods of all "
		"namespaces%s",
		all_nodes ? " and from the known nodes; other nodes may follow"
			  : "; allow the nodes, if host-network pods ask it");
	return 0;
}

/* --- a DNS server's own queries --- */

/* Allows a DNS server, which may forward queries, to connect to port 53 of any address. */
static int cluster_dns_add_upstream(struct evidence *evidence, struct lines *lines)
{
	static const uint8_t families[] = {4, 6};
	const struct pod_record *pod = cluster_dns_pod(evidence);
	size_t at = 0;

	if (!far_end_is_restricted(evidence, NETPOL_EGRESS) ||
	    cluster_dns_was_seen(evidence, FLOW_EGRESS) ||
	    (!dns_servers_next(&evidence->dns, pod, &at) && cluster_dns_usual_port(pod) == 0))
		return 0;
	for (size_t i = 0; i < ARRAY_LENGTH(families) * ARRAY_LENGTH(protocols); i++) {
		struct peer_answer answer = {.reason = PEER_PLAIN};
		const struct flow_address any = {.bytes = {0}};
		const struct peer_request request =
			cluster_dns_request(evidence, &answer, protocols[i % 2], NETPOL_EGRESS);
		if (peer_add_block(&request, families[i / 2], &any, "resolvers") != 0)
			return -ENOMEM;
		struct peer_item *item = &evidence->items.items[evidence->items.count - 1];
		item->peer.block.prefix = 0;
		item->seen = (struct peer_address){.family = 0};
	}
	lines_add(lines, "guessed: no query from it over UDP was seen, but it may forward queries: "
			 "port 53 of any address is allowed");
	return 0;
}

/* --- all --- */

int cluster_dns_complete(struct evidence *evidence, struct lines *lines)
{
	bool restricts = far_end_is_restricted(evidence, NETPOL_EGRESS);

	if (evidence->options->dns == DRAFT_DNS_NEVER) {
		if (restricts && !cluster_dns_udp_was_watched(evidence))
			lines_add(&lines[DRAFT_MISSING],
				  "not allowed, by choice: DNS over UDP, which was not watched");
		return 0;
	}
	int error = cluster_dns_add_other_transports(evidence, &lines[DRAFT_GUESSED]);
	if (error == 0)
		error = cluster_dns_add_clients(evidence, &lines[DRAFT_GUESSED]);
	if (error == 0)
		error = cluster_dns_add_upstream(evidence, &lines[DRAFT_GUESSED]);
	return error == 0 ? cluster_dns_add_queries(evidence, &lines[DRAFT_GUESSED]) : error;
}
