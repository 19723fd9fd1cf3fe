/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/evaluate/evaluate_match.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static uint8_t pod_port_protocol(const struct pod_port *port)
{
	if (!port->protocol || strcmp(port->protocol, "TCP") == 0)
		return FLOW_TCP;
	if (strcmp(port->protocol, "UDP") == 0)
		return FLOW_UDP;
	return strcmp(port->protocol, "SCTP") == 0 ? FLOW_SCTP : FLOW_PROTOCOL_OTHER;
}

/* Whether the pod gives this name to this port. */
static bool has_named_port(const struct pod_record *pod, const char *name, uint8_t protocol,
			   uint16_t port)
{
	for (size_t i = 0; i < pod->port_count; i++) {
		if (pod->ports[i].name && strcmp(pod->ports[i].name, name) == 0 &&
		    pod->ports[i].port == port && pod_port_protocol(&pod->ports[i]) == protocol)
			return true;
	}
	return false;
}

/* Read strictly, a selector never selects a pod in its node's network. */
static bool counts(const struct evaluate_end *end, const struct evaluate_candidate *candidate)
{
	return !(end->strict && candidate->pod && candidate->pod->host_network);
}

/* A port's name is that of a container's port on the destination's side. */
static bool named_port_matches(const struct evaluate_end *end, const char *name)
{
	const struct evaluate_flow *flow = end->flow;

	if (flow->direction == FLOW_INGRESS)
		return flow->subject &&
		       has_named_port(flow->subject, name, flow->protocol, end->port);
	for (size_t i = 0; i < end->peer.count; i++) {
		const struct evaluate_candidate *candidate = &end->peer.candidates[i];
		if (!counts(end, candidate))
			continue;
		if (candidate->pod
			    ? has_named_port(candidate->pod, name, flow->protocol, end->port)
			    : candidate->port_name && strcmp(candidate->port_name, name) == 0)
			return true;
	}
	return false;
}

static bool port_matches(const struct evaluate_end *end, const struct netpol_port *port)
{
	if (port->protocol != end->flow->protocol)
		return false;
	if (port->name)
		return named_port_matches(end, port->name);
	if (port->first == 0)
		return true;
	return end->port >= port->first && end->port <= port->last;
}

bool evaluate_ports_match(const struct evaluate_end *end, const struct netpol_rule *rule)
{
	for (size_t i = 0; i < rule->port_count; i++) {
		if (port_matches(end, &rule->ports[i]))
			return true;
	}
	return rule->port_count == 0;
}

static bool block_matches(const struct evaluate_end *end, const struct netpol_peer *peer)
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
static int candidate_matches(const struct evaluate_end *end, const struct netpol *policy,
			     const struct netpol_peer *peer,
			     const struct evaluate_candidate *candidate)
{
	if (peer->pods.present && !netpol_selector_matches(&peer->pods, candidate->labels))
		return 0;
	if (!peer->namespaces.present)
		return strcmp(candidate->namespace_name, policy->namespace_name) == 0;
	const struct labels *labels =
		evaluate_index_namespace(end->index, candidate->namespace_name);
	return labels ? netpol_selector_matches(&peer->namespaces, labels) : -ENOMEM;
}

int evaluate_peers_match(const struct evaluate_end *end, const struct netpol *policy,
			 const struct netpol_rule *rule)
{
	for (size_t i = 0; i < rule->peer_count; i++) {
		const struct netpol_peer *peer = &rule->peers[i];
		if (peer->has_block) {
			if (block_matches(end, peer))
				return 1;
			continue;
		}
		for (size_t j = 0; j < end->peer.count; j++) {
			const struct evaluate_candidate *candidate = &end->peer.candidates[j];
			int matches = counts(end, candidate)
					      ? candidate_matches(end, policy, peer, candidate)
					      : 0;
			if (matches)
				return matches;
		}
	}
	return rule->peer_count == 0;
}

/* --- who the peer is --- */

static int add_candidate(struct evaluate_scratch *scratch, size_t *count,
			 const struct evaluate_candidate *candidate)
{
	if (*count == scratch->capacity) {
		size_t capacity = *count ? *count * 2 : 16;
		struct evaluate_candidate *grown =
			reallocarray(scratch->candidates, capacity, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		scratch->candidates = grown;
		scratch->capacity = capacity;
	}
	scratch->candidates[(*count)++] = *candidate;
	return 0;
}

static int add_pod(struct evaluate_scratch *scratch, size_t *count, const struct pod_record *pod)
{
	const struct evaluate_candidate candidate = {
		.pod = pod, .labels = &pod->labels, .namespace_name = pod->namespace_name};

	return add_candidate(scratch, count, &candidate);
}

/* All pods that hold the peer's address. */
static int add_holders(const struct evaluate_index *index, struct evaluate_scratch *scratch,
		       struct evaluate_peer *peer)
{
	struct hash_cursor cursor;
	int error = 0;

	for (const struct pod_record *pod =
		     workloads_first_pod_at(index->workloads, peer->family, peer->address, &cursor);
	     pod && !error;
	     pod = workloads_next_pod_at(index->workloads, peer->family, peer->address, &cursor)) {
		error = add_pod(scratch, &peer->count, pod);
		peer->internal |= !pod->host_network;
	}
	peer->internal |=
		workloads_service_by_address(index->workloads, peer->family, peer->address) != NULL;
	return error;
}

int evaluate_find_peer(const struct evaluate_index *index, struct evaluate_scratch *scratch,
		       const struct evaluate_flow *flow, const struct evaluate_backend *backend,
		       struct evaluate_peer *peer)
{
	const struct pod_record *known = backend ? NULL : flow->peer_pod;
	int error = 0;

	*peer = (struct evaluate_peer){.family = backend ? backend->family : flow->family};
	if (peer->family)
		peer->address = backend ? &backend->address : &flow->peer;
	if (known || (!backend && flow->peer_is_gone)) {
		peer->internal = true;
		error = known ? add_pod(scratch, &peer->count, known) : 0;
	} else if (peer->address) {
		error = add_holders(index, scratch, peer);
	}
	if (backend && backend->pod && peer->count == 0 && !error) {
		error = add_pod(scratch, &peer->count, backend->pod);
		peer->internal |= !backend->pod->host_network;
	} else if (backend && !backend->pod && !peer->address) {
		const struct evaluate_candidate candidate = {
			.labels = &backend->service->selector,
			.namespace_name = backend->service->namespace_name,
			.port_name = backend->port_name};
		error = add_candidate(scratch, &peer->count, &candidate);
		peer->internal = true;
	}
	peer->candidates = scratch->candidates;
	return error;
}
