/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The field names are those of the CRD ciliumnetworkpolicies.cilium.io, version v2 (cilium/cilium,
 * pkg/k8s/apis/cilium.io/client/crds/v2).
 *
 * A policy restricts a direction if and only if it has the field `ingress` or `egress` for it: "if
 * a policy only has Ingress … rules, then the default for ingress is true and egress is false" (the
 * CRD's enableDefaultDeny, Rule.Sanitize in cilium pkg/policy/api). So the printer omits the field
 * of a direction without rules.
 */
#include "core/policy/draft/draft_print_cilium.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/record/record_names.h"

/* The prefix for labels of Kubernetes, as opposed to those of other sources (docs.cilium.io,
 * "Labels"). */
#define LABEL_SOURCE "k8s:"
/* The pod label that contains the name of the pod's namespace. A policy in a namespace can select
 * the namespaces of pods only by this name, not by the labels of namespaces (docs.cilium.io, "Using
 * Kubernetes Constructs in Policy"). */
#define NAMESPACE_LABEL LABEL_SOURCE "io.kubernetes.pod.namespace"
/* A label's key has a prefix of at most 253 characters, a slash and a name of at most 63. */
#define LABEL_KEY_SIZE (sizeof(LABEL_SOURCE) + 253 + 1 + 63)
/* The CRD's maxItems of toPorts.ports. */
#define PORTS_MAX 40

static void draft_print_cilium_labels(struct printer *printer,
				      const struct netpol_selector *selector,
				      const char *namespace_name)
{
	printer_map(printer, "matchLabels");
	for (size_t i = 0; i < selector->labels.count; i++) {
		char key[LABEL_KEY_SIZE];
		snprintf(key, sizeof(key), LABEL_SOURCE "%s", selector->labels.items[i].key);
		printer_text(printer, key);
		printer_text(printer, selector->labels.items[i].value);
	}
	if (namespace_name) {
		printer_text(printer, NAMESPACE_LABEL);
		printer_text(printer, namespace_name);
	}
	printer_close(printer);
}

/* Prints the peers of one kind: pods or names. */
static void draft_print_cilium_maps(struct printer *printer, const struct netpol *policy,
				    const struct netpol_rule *rule, enum netpol_peer_kind kind)
{
	for (size_t i = 0; i < rule->peer_count; i++) {
		const struct netpol_peer *peer = &rule->peers[i];
		if (peer->kind != kind)
			continue;
		printer_map(printer, NULL);
		if (kind == NETPOL_PEER_NAME)
			printer_text_pair(printer, "matchName", peer->name);
		else if (strcmp(peer->namespace_name, policy->namespace_name) == 0)
			draft_print_cilium_labels(printer, peer->pods, NULL);
		else
			draft_print_cilium_labels(printer, peer->pods, peer->namespace_name);
		printer_close(printer);
		if (kind == NETPOL_PEER_NAME)
			printer_comment(printer, peer->comment);
	}
}

/* Prints the peers of one kind: blocks or entities. */
static void draft_print_cilium_texts(struct printer *printer, const char *key,
				     const struct netpol_rule *rule, enum netpol_peer_kind kind)
{
	char cidr[NETPOL_CIDR_SIZE];

	printer_list(printer, key);
	for (size_t i = 0; i < rule->peer_count; i++) {
		const struct netpol_peer *peer = &rule->peers[i];
		if (peer->kind != kind || netpol_peer_has_excepts(peer))
			continue;
		if (kind == NETPOL_PEER_BLOCK)
			netpol_block_format(&peer->block, cidr);
		printer_text(printer, kind == NETPOL_PEER_BLOCK ? cidr : peer->name);
		printer_comment(printer, peer->comment);
	}
	printer_close(printer);
}

void draft_print_block(struct printer *printer, const struct netpol_peer *peer)
{
	char cidr[NETPOL_CIDR_SIZE];

	netpol_block_format(&peer->block, cidr);
	printer_text_pair(printer, "cidr", cidr);
	printer_comment(printer, peer->comment);
	if (peer->except_count > 0)
		printer_list(printer, "except");
	for (size_t i = 0; i < peer->except_count; i++) {
		netpol_block_format(&peer->excepts[i], cidr);
		printer_text(printer, cidr);
	}
	if (peer->except_count > 0)
		printer_close(printer);
	printer_close(printer);
}

/* Prints the list of the blocks that have exceptions. A CiliumNetworkPolicy has separate lists for
 * blocks with and without exceptions. */
static void draft_print_cilium_sets(struct printer *printer, const char *key,
				    const struct netpol_rule *rule)
{
	printer_list(printer, key);
	for (size_t i = 0; i < rule->peer_count; i++) {
		if (!netpol_peer_has_excepts(&rule->peers[i]))
			continue;
		printer_map(printer, NULL);
		draft_print_block(printer, &rule->peers[i]);
	}
	printer_close(printer);
}

static void draft_print_cilium_port(struct printer *printer, const struct netpol_port *port)
{
	char number[8];

	/* Port 0 stands for all ports, as Cilium writes it when it translates a NetworkPolicy
	 * (cilium pkg/k8s/network_policy.go). */
	snprintf(number, sizeof(number), "%u", port->first);
	printer_map(printer, NULL);
	printer_text_pair(printer, "port", port->name ? port->name : number);
	if (port->last > port->first)
		printer_number_pair(printer, "endPort", port->last);
	printer_plain_pair(printer, "protocol",
			   flow_protocol_name((enum flow_protocol)port->protocol));
	printer_close(printer);
}

/* Ends an element of toPorts. With `dns`, the DNS proxy accepts queries for every name on these
 * ports. toFQDNs restricts only the addresses to connect to. */
static void draft_print_cilium_end_ports(struct printer *printer, bool dns)
{
	printer_close(printer);
	if (dns) {
		printer_map(printer, "rules");
		printer_list(printer, "dns");
		printer_map(printer, NULL);
		printer_text_pair(printer, "matchPattern", "*");
		printer_close(printer);
		printer_close(printer);
		printer_close(printer);
	}
	printer_close(printer);
}

/*
 * Prints some ports of a rule, in elements of `toPorts` with at most PORTS_MAX ports each. If `dns`
 * is true, prints the ports whose traffic passes Cilium's DNS proxy. Otherwise prints all other
 * ports.
 */
static void draft_print_cilium_ports(struct printer *printer, const struct netpol_rule *rule,
				     bool dns)
{
	size_t open = 0;

	for (size_t i = 0; i < rule->port_count; i++) {
		if (rule->ports[i].dns != dns)
			continue;
		if (open == PORTS_MAX) {
			draft_print_cilium_end_ports(printer, dns);
			open = 0;
		}
		if (open++ == 0) {
			printer_map(printer, NULL);
			printer_list(printer, "ports");
		}
		draft_print_cilium_port(printer, &rule->ports[i]);
	}
	if (open > 0)
		draft_print_cilium_end_ports(printer, dns);
}

static const char *const peer_keys[NETPOL_DIRECTIONS][NETPOL_PEER_NAME + 1] = {
	[NETPOL_EGRESS] =
		{
			[NETPOL_PEER_PODS] = "toEndpoints",
			[NETPOL_PEER_BLOCK] = "toCIDR",
			[NETPOL_PEER_ENTITY] = "toEntities",
			[NETPOL_PEER_NAME] = "toFQDNs",
		},
	[NETPOL_INGRESS] =
		{
			[NETPOL_PEER_PODS] = "fromEndpoints",
			[NETPOL_PEER_BLOCK] = "fromCIDR",
			[NETPOL_PEER_ENTITY] = "fromEntities",
		},
};

static bool draft_print_cilium_has_kind(const struct netpol_rule *rule, enum netpol_peer_kind kind,
					bool excepts)
{
	for (size_t i = 0; i < rule->peer_count; i++) {
		const struct netpol_peer *peer = &rule->peers[i];
		if (peer->kind == kind && netpol_peer_has_excepts(peer) == excepts)
			return true;
	}
	return false;
}

static void draft_print_cilium_end_rule(struct printer *printer, const struct netpol_rule *rule)
{
	printer_list(printer, "toPorts");
	draft_print_cilium_ports(printer, rule, false);
	draft_print_cilium_ports(printer, rule, true);
	printer_close(printer);
	printer_close(printer);
}

void draft_print_cilium_rule(struct printer *printer, const struct netpol *policy,
			     enum netpol_direction direction, const struct netpol_rule *rule)
{
	for (enum netpol_peer_kind kind = NETPOL_PEER_PODS; kind <= NETPOL_PEER_NAME; kind++) {
		const char *key = peer_keys[direction][kind];
		if (!draft_print_cilium_has_kind(rule, kind, false))
			continue;
		printer_map(printer, NULL);
		if (kind == NETPOL_PEER_PODS || kind == NETPOL_PEER_NAME) {
			printer_list(printer, key);
			draft_print_cilium_maps(printer, policy, rule, kind);
			printer_close(printer);
		} else {
			draft_print_cilium_texts(printer, key, rule, kind);
		}
		draft_print_cilium_end_rule(printer, rule);
	}
	if (!draft_print_cilium_has_kind(rule, NETPOL_PEER_BLOCK, true))
		return;
	printer_map(printer, NULL);
	draft_print_cilium_sets(printer, direction == NETPOL_EGRESS ? "toCIDRSet" : "fromCIDRSet",
				rule);
	draft_print_cilium_end_rule(printer, rule);
}

void draft_print_cilium_selector(struct printer *printer, const struct netpol_selector *pods)
{
	printer_map(printer, "endpointSelector");
	if (pods->labels.count > 0)
		draft_print_cilium_labels(printer, pods, NULL);
	printer_close(printer);
}
