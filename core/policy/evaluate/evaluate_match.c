/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/evaluate/evaluate_match.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/state/identity/service.h"

/* Returns whether the pod gives this name to this port. */
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

/* Read strictly, a selector never selects a pod in its node's network. */
static bool evaluate_counts(const struct evaluate_end *end,
			    const struct evaluate_candidate *candidate)
{
	return !(end->strict && candidate->host_network);
}

/* A port's name is that of a container's port at the destination. */
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
		if (candidate->pod
			    ? evaluate_has_named_port(candidate->pod, name, flow->protocol,
						      end->port)
			    : candidate->port_name && strcmp(candidate->port_name, name) == 0)
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

/* 1, 0, or -ENOMEM. */
static int evaluate_candidate_matches(const struct evaluate_end *end,
				      const struct netpol_peer *peer,
				      const struct evaluate_candidate *candidate)
{
	if (!netpol_selector_matches(peer->pods, candidate->labels))
		return 0;
	if (peer->namespace_name)
		return strcmp(candidate->namespace_name, peer->namespace_name) == 0;
	const struct labels *labels =
		evaluate_index_namespace(end->index, candidate->namespace_name);
	return labels ? netpol_selector_matches(peer->namespaces, labels) : -ENOMEM;
}

int evaluate_peers_match(const struct evaluate_end *end, const struct netpol_rule *rule)
{
	for (size_t i = 0; i < rule->peer_count; i++) {
		const struct netpol_peer *peer = &rule->peers[i];
		if (peer->kind == NETPOL_PEER_BLOCK) {
			if (evaluate_block_matches(end, peer))
				return 1;
			continue;
		}
		for (size_t j = 0; j < end->peer.count; j++) {
			const struct evaluate_candidate *candidate = &end->peer.candidates[j];
			int matches = evaluate_counts(end, candidate)
					      ? evaluate_candidate_matches(end, peer, candidate)
					      : 0;
			if (matches)
				return matches;
		}
	}
	return rule->peer_count == 0;
}

/* --- the peer --- */

static int evaluate_add_candidate(struct evaluator *evaluator, struct evaluate_peer *peer,
				  const struct evaluate_candidate *candidate)
{
	struct evaluate_candidate *added =
		ARRAY_ADD(evaluator->candidates, peer->count, evaluator->candidate_capacity);

	if (!added)
		return -ENOMEM;
	*added = *candidate;
	return 0;
}

static int evaluate_add_pod(struct evaluator *evaluator, struct evaluate_peer *peer,
			    const struct pod_record *pod)
{
	const struct evaluate_candidate candidate = {.pod = pod,
						     .labels = &pod->labels,
						     .namespace_name = pod->namespace_name,
						     .host_network = pod->host_network};

	peer->internal |= !pod->host_network;
	return evaluate_add_candidate(evaluator, peer, &candidate);
}

/* Adds the pods that a backend stands for: the one that is known, or those that its Service selects. */
static int evaluate_add_backend(struct evaluator *evaluator, struct evaluate_peer *peer,
				const struct backend *backend)
{
	const struct evaluate_candidate candidate = {.labels = &backend->service->selector,
						     .namespace_name =
							     backend->service->namespace_name,
						     .port_name = backend->port_name,
						     .host_network = backend->host_network};

	if (backend->pod)
		return evaluate_add_pod(evaluator, peer, backend->pod);
	if (backend->service->selector.count == 0)
		return 0;
	peer->internal |= !backend->host_network;
	return evaluate_add_candidate(evaluator, peer, &candidate);
}

/* Adds all pods that hold the peer's address. */
static int evaluate_add_holders(struct evaluator *evaluator, struct evaluate_peer *peer)
{
	const struct workloads *workloads = evaluator->index.workloads;
	struct address_cursor cursor;
	int error = 0;

	for (const struct pod_record *pod = workloads_first_at(workloads, RECORD_POD, peer->family,
							       peer->address, &cursor);
	     pod && !error; pod = workloads_next_at(workloads, RECORD_POD, &cursor))
		error = evaluate_add_pod(evaluator, peer, pod);
	return error;
}

int evaluate_find_peer(struct evaluator *evaluator, const struct evaluate_flow *flow,
		       const struct backend *backend, struct evaluate_peer *peer)
{
	struct address_cursor cursor;
	int error = 0;

	*peer = (struct evaluate_peer){.family = backend ? backend->family : flow->family};
	if (peer->family)
		peer->address = backend ? &backend->address : &flow->peer;
	if (!backend && flow->peer_pod)
		error = evaluate_add_pod(evaluator, peer, flow->peer_pod);
	else if (!backend && flow->peer_is_gone)
		peer->internal = true;
	else if (peer->address)
		error = evaluate_add_holders(evaluator, peer);
	/* A backend's address is not rewritten once more, even if a load balancer shares it. */
	if (!backend && peer->address)
		peer->internal |= workloads_first_at(evaluator->index.workloads, RECORD_SERVICE,
						     peer->family, peer->address, &cursor) != NULL;
	if (backend && peer->count == 0 && !error)
		error = evaluate_add_backend(evaluator, peer, backend);
	peer->candidates = evaluator->candidates;
	return error;
}
