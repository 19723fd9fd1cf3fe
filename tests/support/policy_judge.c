/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/policy_judge.h"

#include <string.h>

#include "core/record/address.h"

struct judging {
	const struct workloads *workloads;
	const struct judge_tuple *tuple;
	struct flow_address address;
	uint8_t family;
	bool strict;
};

static bool list_has(const struct string_list *list, uint8_t family,
		     const struct flow_address *address)
{
	for (size_t i = 0; i < list->count; i++) {
		struct flow_address other;
		uint8_t other_family;
		if (address_parse(list->items[i], &other_family, &other) == 0 &&
		    other_family == family && address_equal(&other, address))
			return true;
	}
	return false;
}

static bool holds(const struct judging *judging, const struct pod_record *pod)
{
	bool finished = pod->phase &&
			(strcmp(pod->phase, "Succeeded") == 0 || strcmp(pod->phase, "Failed") == 0);

	return !pod->deleted && !finished &&
	       list_has(&pod->ips, judging->family, &judging->address);
}

static bool selects(const struct netpol *policy, const struct pod_record *pod)
{
	return strcmp(policy->namespace_name, pod->namespace_name) == 0 &&
	       netpol_selector_matches(policy->pods, &pod->labels);
}

bool policy_judge_isolated(const struct netpol_set *set, const struct pod_record *pod,
			   uint8_t direction)
{
	for (size_t i = 0; i < set->count; i++) {
		if (selects(&set->items[i], pod) && set->items[i].rules[direction].count > 0)
			return true;
	}
	return false;
}

/* Returns whether the address belongs to a Service, or to a pod outside the host network. */
static bool is_internal(const struct judging *judging)
{
	for (size_t i = 0; i < workloads_count(judging->workloads, RECORD_POD); i++) {
		const struct pod_record *pod = workloads_pod_at(judging->workloads, i);
		if (!pod->host_network && holds(judging, pod))
			return true;
	}
	for (size_t i = 0; i < workloads_count(judging->workloads, RECORD_SERVICE); i++) {
		if (list_has(&workloads_service_at(judging->workloads, i)->cluster_ips,
			     judging->family, &judging->address))
			return true;
	}
	return false;
}

static bool block_matches(const struct judging *judging, const struct netpol_peer *peer)
{
	const struct netpol_block *block = &peer->block;

	if (block->family != judging->family || (judging->strict && is_internal(judging)))
		return false;
	for (unsigned int bit = 0; bit < block->prefix; bit++) {
		unsigned int difference =
			block->address.bytes[bit / 8] ^ judging->address.bytes[bit / 8];
		if (difference >> (7 - bit % 8) & 1)
			return false;
	}
	return true;
}

static bool peer_matches(const struct judging *judging, const struct netpol_peer *peer)
{
	if (peer->kind == NETPOL_PEER_BLOCK)
		return block_matches(judging, peer);
	for (size_t i = 0; i < workloads_count(judging->workloads, RECORD_POD); i++) {
		const struct pod_record *pod = workloads_pod_at(judging->workloads, i);
		if (holds(judging, pod) && !(judging->strict && pod->host_network) &&
		    strcmp(pod->namespace_name, peer->namespace_name) == 0 &&
		    netpol_selector_matches(peer->pods, &pod->labels))
			return true;
	}
	return false;
}

static bool pod_names_port(const struct judging *judging, const struct pod_record *pod,
			   const char *name)
{
	for (size_t i = 0; i < pod->port_count; i++) {
		if (pod->ports[i].name && strcmp(pod->ports[i].name, name) == 0 &&
		    pod->ports[i].port == judging->tuple->port)
			return true;
	}
	return false;
}

static bool port_matches(const struct judging *judging, const struct netpol_port *port)
{
	if (port->protocol != judging->tuple->protocol)
		return false;
	if (!port->name)
		return port->first == 0 ||
		       (port->first <= judging->tuple->port && judging->tuple->port <= port->last);
	if (judging->tuple->direction == NETPOL_INGRESS)
		return pod_names_port(judging, judging->tuple->pod, port->name);
	for (size_t i = 0; i < workloads_count(judging->workloads, RECORD_POD); i++) {
		const struct pod_record *pod = workloads_pod_at(judging->workloads, i);
		if (holds(judging, pod) && pod_names_port(judging, pod, port->name))
			return true;
	}
	return false;
}

static bool rule_matches(const struct judging *judging, const struct netpol_rule *rule)
{
	bool port = false;
	bool peer = false;

	for (size_t i = 0; !port && i < rule->port_count; i++)
		port = port_matches(judging, &rule->ports[i]);
	for (size_t i = 0; port && !peer && i < rule->peer_count; i++)
		peer = peer_matches(judging, &rule->peers[i]);
	return port && peer;
}

/* Policies do not apply to loopback, to the pod's connections to itself, to host-network pods, or
 * to ingress from the pod's own node. */
static bool is_exempt(const struct judging *judging)
{
	const struct pod_record *pod = judging->tuple->pod;

	if (pod->host_network || address_is_loopback(judging->family, &judging->address) ||
	    list_has(&pod->ips, judging->family, &judging->address))
		return true;
	if (judging->tuple->direction != NETPOL_INGRESS || !pod->node)
		return false;
	const struct node_record *node = workloads_node(judging->workloads, pod->node);
	if (node && list_has(&node->ips, judging->family, &judging->address))
		return true;
	for (size_t i = 0; i < workloads_count(judging->workloads, RECORD_POD); i++) {
		const struct pod_record *other = workloads_pod_at(judging->workloads, i);
		if (other->host_network && other->node && strcmp(other->node, pod->node) == 0 &&
		    holds(judging, other))
			return true;
	}
	return false;
}

bool policy_judge(const struct netpol_set *set, const struct workloads *workloads,
		  const struct judge_tuple *tuple, bool strict)
{
	struct judging judging = {.workloads = workloads, .tuple = tuple, .strict = strict};

	if (address_parse(tuple->peer, &judging.family, &judging.address) != 0)
		return false;
	if (is_exempt(&judging) || !policy_judge_isolated(set, tuple->pod, tuple->direction))
		return true;
	for (size_t i = 0; i < set->count; i++) {
		const struct netpol_rules *rules = &set->items[i].rules[tuple->direction];
		if (!selects(&set->items[i], tuple->pod))
			continue;
		for (size_t k = 0; k < rules->count; k++) {
			if (rule_matches(&judging, &rules->items[k]))
				return true;
		}
	}
	return false;
}
