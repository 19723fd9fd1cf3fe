/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/evaluate/evaluate_match.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/state/identity/service.h"

/* Returns whether a container of the pod has a port with this name, protocol and number. */
static bool evaluate_has_named_port(const struct pod_record *pod, const char *name,
				    uint8_t protocol, uint16_t port)
{
	for (size_t i = 0; i < pod->port_count; i++) {
		if (pod->ports[i].name && strcmp(pod->ports[i].name, name) == 0 &&
		    pod->ports[i].port == port &&
		    service_protocol(pod->ports[i].protocol) == protocol)
			return true;
	}
	return false;
}

/* Returns whether selectors may match the candidate. In the strict reading (evaluate.h), no
 * selector matches a host-network pod. */
static bool evaluate_counts(const struct evaluate_end *end,
			    const struct evaluate_candidate *candidate)
{
	return !(end->strict && candidate->host_network);
}

/* Returns whether a container of the pod that receives the flow gives the flow's port this name. */
static bool evaluate_named_port_matches(const struct evaluate_end *end, const char *name)
{
	const struct evaluate_flow *flow = end->flow;

	if (flow->direction == FLOW_INGRESS)
		return flow->subject &&
		       evaluate_has_named_port(flow->subject, name, flow->protocol, end->port);
	for (size_t i = 0; i < end->peer.count; i++) {
		const struct evaluate_candidate *candidate = &end->peer.candidates[i];
		if (!evaluate_counts(end, candidate))
			continue;
		if (candidate->pod ? evaluate_has_named_port(candidate->pod, name, flow->protocol,
							     end->port)
		    : candidate->port_name ? strcmp(candidate->port_name, name) == 0
					   : end->may && !candidate->labels)
			return true;
	}
	return false;
}

static bool evaluate_port_matches(const struct evaluate_end *end, const struct netpol_port *port)
{
	if (port->protocol != end->flow->protocol)
		return false;
	if (port->name)
		return evaluate_named_port_matches(end, port->name);
	if (port->first == 0)
		return true;
	return end->port >= port->first && end->port <= port->last;
}

bool evaluate_ports_match(const struct evaluate_end *end, const struct netpol_rule *rule)
{
	for (size_t i = 0; i < rule->port_count; i++) {
		if (evaluate_port_matches(end, &rule->ports[i]))
			return true;
	}
	return rule->port_count == 0;
}

static bool evaluate_is_empty(const struct netpol_selector *selector)
{
	return selector->labels.count == 0 && selector->requirement_count == 0;
}

static bool evaluate_block_matches(const struct evaluate_end *end, const struct netpol_peer *peer)
{
	if (!end->peer.address || (end->strict && end->peer.internal) ||
	    !netpol_block_contains(&peer->block, end->peer.family, end->peer.address))
		return false;
	for (size_t i = 0; i < peer->except_count; i++) {
		if (netpol_block_contains(&peer->excepts[i], end->peer.family, end->peer.address))
			return false;
	}
	return true;
}

/* Returns whether a selector may select a namespace of which only the name is known. Treats all
 * requirements for other labels as met. */
static bool evaluate_namespace_may_match(const struct netpol_selector *selector,
					 const struct labels *name)
{
	for (size_t i = 0; i < selector->labels.count; i++) {
		struct netpol_selector one = {.labels = {&selector->labels.items[i], 1}};
		if (strcmp(one.labels.items[0].key, NETPOL_NAMESPACE_LABEL) == 0 &&
		    !netpol_selector_matches(&one, name))
			return false;
	}
	for (size_t i = 0; i < selector->requirement_count; i++) {
		struct netpol_selector one = {.requirements = &selector->requirements[i],
					      .requirement_count = 1};
		if (strcmp(one.requirements[0].key, NETPOL_NAMESPACE_LABEL) == 0 &&
		    !netpol_selector_matches(&one, name))
			return false;
	}
	return true;
}

/* Returns whether a selector depends only on the name of a namespace, or selects all namespaces. */
static bool evaluate_needs_name_only(const struct netpol_selector *selector)
{
	for (size_t i = 0; i < selector->labels.count; i++) {
		if (strcmp(selector->labels.items[i].key, NETPOL_NAMESPACE_LABEL) != 0)
			return false;
	}
	for (size_t i = 0; i < selector->requirement_count; i++) {
		if (strcmp(selector->requirements[i].key, NETPOL_NAMESPACE_LABEL) != 0)
			return false;
	}
	return true;
}

static bool evaluate_namespace_matches(const struct evaluate_end *end,
				       const struct netpol_peer *peer, const char *name)
{
	if (!name)
		return end->may || (!peer->namespace_name && evaluate_is_empty(peer->namespaces));
	if (peer->namespace_name)
		return strcmp(name, peer->namespace_name) == 0;
	struct evaluate_index *index = &end->evaluator->index;
	const struct labels *former =
		end->flow->time_ns ? workloads_former_namespace_labels(index->workloads, name,
								       end->flow->time_ns)
				   : NULL;
	const struct evaluate_namespace *found = evaluate_index_namespace(index, name, former);
	end->evaluator->used_former |= former != NULL;
	if (!found) {
		end->evaluator->error = -ENOMEM;
		return false;
	}
	if (found->is_known || evaluate_needs_name_only(peer->namespaces))
		return netpol_selector_matches(peer->namespaces, &found->labels);
	return end->may && evaluate_namespace_may_match(peer->namespaces, &found->labels);
}

static bool evaluate_candidate_matches(const struct evaluate_end *end,
				       const struct netpol_peer *peer,
				       const struct evaluate_candidate *candidate)
{
	if (!evaluate_counts(end, candidate))
		return false;
	/* Compare the namespace's name first: matching labels is slower. */
	if (peer->namespace_name && candidate->namespace_name &&
	    strcmp(peer->namespace_name, candidate->namespace_name) != 0)
		return false;
	bool selects = candidate->labels ? netpol_selector_matches(peer->pods, candidate->labels)
					 : end->may || evaluate_is_empty(peer->pods);
	return selects && evaluate_namespace_matches(end, peer, candidate->namespace_name);
}

bool evaluate_peers_match(const struct evaluate_end *end, const struct netpol_rule *rule)
{
	for (size_t i = 0; i < rule->peer_count; i++) {
		const struct netpol_peer *peer = &rule->peers[i];
		bool block = peer->kind == NETPOL_PEER_BLOCK;
		if (block && evaluate_block_matches(end, peer))
			return true;
		for (size_t j = 0; !block && j < end->peer.count; j++) {
			if (evaluate_candidate_matches(end, peer, &end->peer.candidates[j]))
				return true;
		}
	}
	return rule->peer_count == 0 && !end->before_rewrite;
}

/* --- the peer --- */

static void evaluate_add_candidate(struct evaluator *evaluator, struct evaluate_peer *peer,
				   const struct evaluate_candidate *candidate)
{
	struct evaluate_candidate *added =
		ARRAY_ADD(evaluator->candidates, peer->count, evaluator->candidate_capacity);

	if (added)
		*added = *candidate;
	else
		evaluator->error = -ENOMEM;
	peer->internal |= !candidate->host_network;
}

const struct labels *evaluate_labels_of(struct evaluator *evaluator,
					const struct evaluate_flow *flow,
					const struct pod_record *pod)
{
	const struct labels *former =
		flow->time_ns
			? workloads_former_labels(evaluator->index.workloads, pod, flow->time_ns)
			: NULL;

	evaluator->used_former |= former != NULL;
	return former ? former : &pod->labels;
}

static void evaluate_add_pod(struct evaluate_end *end, const struct pod_record *pod)
{
	const struct evaluate_candidate candidate = {
		.pod = pod,
		.labels = evaluate_labels_of(end->evaluator, end->flow, pod),
		.namespace_name = pod->namespace_name,
		.host_network = pod->host_network};

	evaluate_add_candidate(end->evaluator, &end->peer, &candidate);
}

/* Adds the backend's pod. If no pod is known, adds one candidate for all pods that the Service
 * selects. */
static void evaluate_add_backend(struct evaluate_end *end, const struct backend *backend)
{
	const struct service_record *service = backend->service;
	const struct evaluate_candidate candidate = {.labels = &service->selector,
						     .namespace_name = service->namespace_name,
						     .port_name = backend->port_name,
						     .host_network = backend->host_network};

	if (backend->pod)
		evaluate_add_pod(end, backend->pod);
	else if (service->selector.count > 0)
		evaluate_add_candidate(end->evaluator, &end->peer, &candidate);
}

/* Adds a candidate without labels if the peer is a pod without a record. The peer is a pod if the
 * flow names one, or if the address is in a node's block for pods and is not a node's address. */
static void evaluate_add_unknown(struct evaluator *evaluator, const struct evaluate_flow *flow,
				 struct evaluate_peer *peer)
{
	const struct workloads *workloads = evaluator->index.workloads;
	const struct evaluate_candidate candidate = {.namespace_name = flow->peer_namespace};
	struct address_cursor cursor;
	bool internal = peer->internal;

	if (!flow->peer_namespace &&
	    (!workloads_in_pod_block(workloads, peer->family, peer->address) ||
	     workloads_first_at(workloads, RECORD_NODE, peer->family, peer->address, &cursor)))
		return;
	evaluate_add_candidate(evaluator, peer, &candidate);
	peer->internal = internal;
}

void evaluate_end_init_service(struct evaluator *evaluator, const struct evaluate_flow *flow,
			       struct evaluate_end *end)
{
	*end = (struct evaluate_end){
		.evaluator = evaluator,
		.flow = flow,
		.peer.family = flow->family,
		.peer.address = &flow->peer,
		.port = flow->port,
		.before_rewrite = true,
	};
}

static bool evaluate_is_service(const struct workloads *workloads, const struct evaluate_peer *peer)
{
	struct address_cursor cursor;

	for (const struct service_record *service = workloads_first_at(
		     workloads, RECORD_SERVICE, peer->family, peer->address, &cursor);
	     service; service = workloads_next_at(workloads, RECORD_SERVICE, &cursor)) {
		if (service_rewrites(service, peer->family, peer->address))
			return true;
	}
	return false;
}

void evaluate_end_init(struct evaluator *evaluator, const struct evaluate_flow *flow,
		       const struct backend *backend, struct evaluate_end *end)
{
	const struct workloads *workloads = evaluator->index.workloads;
	struct evaluate_peer *peer = &end->peer;
	struct address_cursor cursor;

	*end = (struct evaluate_end){
		.evaluator = evaluator,
		.flow = flow,
		.peer.family = backend ? backend->family : flow->family,
		.port = backend ? backend->port : flow->port,
	};
	if (peer->family)
		peer->address = backend ? &backend->address : &flow->peer;
	if (!backend && flow->peer_pod) {
		evaluate_add_pod(end, flow->peer_pod);
	} else if (!backend && flow->peer_is_gone) {
		peer->internal = true;
	} else if (peer->address) {
		const struct pod_record *pod = workloads_first_at(
			workloads, RECORD_POD, peer->family, peer->address, &cursor);
		for (; pod; pod = workloads_next_at(workloads, RECORD_POD, &cursor))
			evaluate_add_pod(end, pod);
	}
	if (!backend && peer->address && peer->count == 0)
		evaluate_add_unknown(evaluator, flow, peer);
	/* The address of a backend is not rewritten again, even if a Service has the same address.
	 * So check only the flow's own peer address. */
	if (!backend && peer->address)
		peer->internal |= evaluate_is_service(workloads, peer);
	if (backend && peer->count == 0)
		evaluate_add_backend(end, backend);
	peer->candidates = evaluator->candidates;
}
