/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Policies as YAML for the API server (print_cilium.c has Cilium's kind), through libyaml's
 * emitter. Every key and value that a cluster or a person chose is double-quoted: a plain `no`,
 * `012` or `1e3` is a boolean or a number to one reader or another.
 *
 * libyaml cannot write comments. It writes each scalar at once when nothing is waiting in its
 * queue; so after a block mapping has ended, its buffer is flushed and the comment appended behind
 * the line, before the next one begins.
 */
#include "core/policy/draft/draft.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "core/base/cleanup.h"
#include "core/policy/draft/header.h"
#include "core/policy/draft/model.h"
#include "core/policy/draft/print_cilium.h"
#include "core/policy/draft/printer.h"
#include "core/record/address.h"

#define NAMESPACE_NAME_LABEL "kubernetes.io/metadata.name"

static void print_pair(struct printer *printer, const char *key, const char *value)
{
	printer_plain(printer, key);
	printer_quoted(printer, value);
}

static void print_labels(struct printer *printer, const char *key,
			 const struct policy_selector *selector)
{
	printer_plain(printer, key);
	printer_map_start(printer);
	printer_plain(printer, "matchLabels");
	printer_map_start(printer);
	for (size_t i = 0; i < selector->count; i++) {
		printer_quoted(printer, selector->items[i].key);
		printer_quoted(printer, selector->items[i].value);
	}
	printer_map_end(printer);
	printer_map_end(printer);
}

static void print_block(struct printer *printer, const struct policy_peer *peer)
{
	char cidr[POLICY_CIDR_SIZE];

	policy_block_format(peer, cidr);
	printer_plain(printer, "ipBlock");
	printer_map_start(printer);
	print_pair(printer, "cidr", cidr);
	printer_map_end(printer);
	if (peer->comment)
		printer_comment(printer, peer->comment);
}

static void print_peer(struct printer *printer, const struct policy *policy,
		       const struct policy_peer *peer)
{
	struct policy_label label = {.key = NAMESPACE_NAME_LABEL, .value = peer->namespace_name};
	const struct policy_selector namespace_selector = {.items = &label, .count = 1};

	printer_map_start(printer);
	if (peer->kind == POLICY_PEER_BLOCK) {
		print_block(printer, peer);
	} else {
		/* Both in one element: pods of that namespace, not that namespace or those pods. */
		if (strcmp(peer->namespace_name, policy->namespace_name) != 0)
			print_labels(printer, "namespaceSelector", &namespace_selector);
		print_labels(printer, "podSelector", peer->selector);
	}
	printer_map_end(printer);
}

static void print_port(struct printer *printer, const struct policy_port *port)
{
	printer_map_start(printer);
	printer_plain(printer, "protocol");
	printer_plain(printer, policy_protocol_name(port->protocol));
	/* All ports: no port at all, since some plugins do not know ranges. */
	if (!policy_port_is_all(port))
		printer_plain(printer, "port");
	if (port->name)
		printer_quoted(printer, port->name);
	else if (!policy_port_is_all(port))
		printer_number(printer, port->first);
	if (port->last > port->first && !policy_port_is_all(port)) {
		printer_plain(printer, "endPort");
		printer_number(printer, port->last);
	}
	printer_map_end(printer);
}

static void print_rules(struct printer *printer, const struct policy *policy, const char *key,
			const char *peers_key, const struct policy_rules *rules)
{
	if (rules->count == 0)
		return;
	printer_plain(printer, key);
	printer_list_start(printer);
	for (size_t i = 0; i < rules->count; i++) {
		const struct policy_rule *rule = &rules->items[i];
		printer_map_start(printer);
		printer_plain(printer, peers_key);
		printer_list_start(printer);
		for (size_t k = 0; k < rule->peer_count; k++)
			print_peer(printer, policy, &rule->peers[k]);
		printer_list_end(printer);
		printer_plain(printer, "ports");
		printer_list_start(printer);
		for (size_t k = 0; k < rule->port_count; k++)
			print_port(printer, &rule->ports[k]);
		printer_list_end(printer);
		printer_map_end(printer);
	}
	printer_list_end(printer);
}

static void print_policy(struct printer *printer, const struct policy *policy)
{
	header_print(printer, DRAFT_KUBERNETES, policy);
	printer_document_start(printer);
	printer_map_start(printer);
	printer_plain(printer, "apiVersion");
	printer_plain(printer, "networking.k8s.io/v1");
	printer_plain(printer, "kind");
	printer_plain(printer, "NetworkPolicy");
	printer_plain(printer, "metadata");
	printer_map_start(printer);
	print_pair(printer, "name", policy->name);
	print_pair(printer, "namespace", policy->namespace_name);
	printer_map_end(printer);
	printer_plain(printer, "spec");
	printer_map_start(printer);
	print_labels(printer, "podSelector", policy->selector);
	printer_plain(printer, "policyTypes");
	printer_list_start(printer);
	if (policy->rules[POLICY_INGRESS].count > 0)
		printer_plain(printer, "Ingress");
	if (policy->rules[POLICY_EGRESS].count > 0)
		printer_plain(printer, "Egress");
	printer_list_end(printer);
	print_rules(printer, policy, "ingress", "from", &policy->rules[POLICY_INGRESS]);
	print_rules(printer, policy, "egress", "to", &policy->rules[POLICY_EGRESS]);
	printer_map_end(printer);
	printer_map_end(printer);
	printer_document_end(printer);
}

int policy_print_yaml(const struct policy_set *set, size_t index, char **text, size_t *length)
{
	size_t first = index == POLICY_ALL ? 0 : index;
	size_t end = index == POLICY_ALL ? set->count : index + 1;
	struct printer printer;

	printer_init(&printer);
	for (size_t i = first; i < end; i++) {
		if (i > first)
			printer_raw(&printer, "---\n");
		if (set->format == DRAFT_CILIUM)
			print_cilium(&printer, &set->policies[i]);
		else
			print_policy(&printer, &set->policies[i]);
	}
	return printer_finish(&printer, text, length);
}
