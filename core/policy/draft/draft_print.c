/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/draft/draft_print.h"

#include <errno.h>
#include <string.h>

#include "core/policy/draft/draft_print_cilium.h"
#include "core/policy/draft/header.h"
#include "core/policy/draft/printer.h"
#include "core/record/record_names.h"

static void draft_print_label(struct printer *printer, const char *key, const char *value)
{
	printer_quoted(printer, key);
	printer_quoted(printer, value);
}

/* Opens a selector with matchLabels; close it with draft_print_labels_end. */
static void draft_print_labels_start(struct printer *printer, const char *key)
{
	printer_map_key(printer, key);
	printer_map_key(printer, "matchLabels");
}

static void draft_print_labels_end(struct printer *printer)
{
	printer_map_end(printer);
	printer_map_end(printer);
}

static void draft_print_pods(struct printer *printer, const struct netpol_selector *selector)
{
	draft_print_labels_start(printer, "podSelector");
	for (size_t i = 0; i < selector->labels.count; i++)
		draft_print_label(printer, selector->labels.items[i].key,
				  selector->labels.items[i].value);
	draft_print_labels_end(printer);
}

static void draft_print_block(struct printer *printer, const struct netpol_peer *peer)
{
	char cidr[NETPOL_CIDR_SIZE];

	netpol_block_format(&peer->block, cidr);
	printer_map_key(printer, "ipBlock");
	printer_quoted_pair(printer, "cidr", cidr);
	printer_map_end(printer);
	if (peer->comment)
		printer_comment(printer, peer->comment);
}

static void draft_print_peer(struct printer *printer, const struct netpol *policy,
			     const struct netpol_peer *peer)
{
	printer_map_start(printer);
	if (peer->kind == NETPOL_PEER_BLOCK) {
		draft_print_block(printer, peer);
	} else {
		/* Both in one element: two elements would allow all pods of that namespace. */
		if (strcmp(peer->namespace_name, policy->namespace_name) != 0) {
			draft_print_labels_start(printer, "namespaceSelector");
			draft_print_label(printer, NETPOL_NAMESPACE_LABEL, peer->namespace_name);
			draft_print_labels_end(printer);
		}
		draft_print_pods(printer, peer->pods);
	}
	printer_map_end(printer);
}

static void draft_print_port(struct printer *printer, const struct netpol_port *port)
{
	printer_map_start(printer);
	printer_plain_pair(printer, "protocol",
			   flow_protocol_name((enum flow_protocol)port->protocol));
	/* All ports have no number: some plugins do not know ranges. */
	if (!netpol_port_is_all(port))
		printer_plain(printer, "port");
	if (port->name)
		printer_quoted(printer, port->name);
	else if (!netpol_port_is_all(port))
		printer_number(printer, port->first);
	if (port->last > port->first) {
		printer_plain(printer, "endPort");
		printer_number(printer, port->last);
	}
	printer_map_end(printer);
}

/* Gives the lines up to `last` a part, if `text` is wanted. */
static void draft_print_mark(struct printer *printer, struct draft_text *text, size_t last,
			     struct draft_line line)
{
	if (text && draft_text_mark(text, last, line) != 0)
		printer->buffer.error = -ENOMEM;
}

/* Marks the lines of element `index` of a list. The list's key stands on the line before the first
 * element and belongs to the rule. */
static void draft_print_mark_element(struct printer *printer, struct draft_text *text,
				     struct draft_line rule, enum draft_part part, size_t index)
{
	struct draft_line element = rule;

	element.part = (uint8_t)part;
	element.index = (uint32_t)index;
	if (text && index == 0)
		draft_print_mark(printer, text, text->count, rule);
	draft_print_mark(printer, text, printer_line(printer), element);
}

static void draft_print_rule(struct printer *printer, const struct netpol *policy,
			     struct draft_line at, struct draft_text *text)
{
	const struct netpol_rule *rule = &policy->rules[at.direction].items[at.rule];

	printer_map_start(printer);
	printer_list_key(printer, at.direction == NETPOL_INGRESS ? "from" : "to");
	for (size_t i = 0; i < rule->peer_count; i++) {
		draft_print_peer(printer, policy, &rule->peers[i]);
		draft_print_mark_element(printer, text, at, DRAFT_PART_PEER, i);
	}
	printer_list_end(printer);
	printer_list_key(printer, "ports");
	for (size_t i = 0; i < rule->port_count; i++) {
		draft_print_port(printer, &rule->ports[i]);
		draft_print_mark_element(printer, text, at, DRAFT_PART_PORT, i);
	}
	printer_list_end(printer);
	printer_map_end(printer);
}

static void draft_print_rules(struct printer *printer, enum draft_format format,
			      const struct netpol *policy, enum netpol_direction direction,
			      struct draft_text *text)
{
	const struct netpol_rules *rules = &policy->rules[direction];

	if (rules->count == 0)
		return;
	/* The key's line follows the last one and belongs to no rule. */
	draft_print_mark(printer, text, printer_line(printer) + 1, (struct draft_line){0});
	printer_list_key(printer, direction == NETPOL_INGRESS ? "ingress" : "egress");
	for (size_t i = 0; i < rules->count; i++) {
		const struct draft_line at = {
			.part = DRAFT_PART_RULE,
			.direction = (uint8_t)direction,
			.rule = (uint32_t)i,
		};
		if (format == DRAFT_CILIUM) {
			draft_print_cilium_rule(printer, policy, direction, &rules->items[i]);
			draft_print_mark(printer, text, printer_line(printer), at);
		} else {
			draft_print_rule(printer, policy, at, text);
		}
	}
	printer_list_end(printer);
}

/* Prints the beginning of the spec: the selected pods, and the restricted directions. Cilium
 * restricts exactly the directions that have rules. */
static void draft_print_scope(struct printer *printer, enum draft_format format,
			      const struct netpol *policy)
{
	if (format == DRAFT_CILIUM) {
		draft_print_cilium_selector(printer, policy->pods);
		return;
	}
	draft_print_pods(printer, policy->pods);
	printer_list_key(printer, "policyTypes");
	if (policy->rules[NETPOL_INGRESS].isolates)
		printer_plain(printer, "Ingress");
	if (policy->rules[NETPOL_EGRESS].isolates)
		printer_plain(printer, "Egress");
	printer_list_end(printer);
}

static void draft_print_one(struct printer *printer, const struct draft_set *set, size_t index,
			    struct draft_text *text)
{
	const struct draft *draft = &set->items[index];
	const struct netpol *policy = draft->policy;
	bool cilium = set->format == DRAFT_CILIUM;

	header_print(printer, set->format, draft);
	printer_document_start(printer);
	printer_map_start(printer);
	printer_plain_pair(printer, "apiVersion", cilium ? "cilium.io/v2" : "networking.k8s.io/v1");
	printer_plain_pair(printer, "kind", cilium ? "CiliumNetworkPolicy" : "NetworkPolicy");
	printer_map_key(printer, "metadata");
	printer_quoted_pair(printer, "name", policy->name);
	printer_quoted_pair(printer, "namespace", policy->namespace_name);
	printer_map_end(printer);
	printer_map_key(printer, "spec");
	draft_print_scope(printer, set->format, policy);
	draft_print_rules(printer, set->format, policy, NETPOL_INGRESS, text);
	draft_print_rules(printer, set->format, policy, NETPOL_EGRESS, text);
	printer_map_end(printer);
	printer_map_end(printer);
	printer_document_end(printer);
}

int draft_print(const struct draft_set *set, size_t index, char **text, size_t *length)
{
	size_t first = index == DRAFT_ALL ? 0 : index;
	size_t end = index == DRAFT_ALL ? set->policies.count : index + 1;
	struct printer printer = {0};

	for (size_t i = first; i < end; i++) {
		if (i > first)
			printer_separator(&printer);
		draft_print_one(&printer, set, i, NULL);
	}
	return printer_finish(&printer, text, length);
}

int draft_print_text(const struct draft_set *set, size_t index, struct draft_text *out)
{
	struct printer printer = {0};

	draft_text_clear(out);
	out->policy = set->items[index].policy;
	draft_print_one(&printer, set, index, out);
	/* The document's last line has its newline. */
	if (printer_line(&printer) > 0)
		draft_print_mark(&printer, out, printer_line(&printer) - 1, (struct draft_line){0});
	int error = printer_finish(&printer, &out->text, &out->length);
	if (error != 0)
		draft_text_clear(out);
	return error;
}
