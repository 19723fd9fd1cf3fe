/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/draft/draft_print.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/text.h"
#include "core/base/timestamp.h"
#include "core/policy/draft/coverage.h"
#include "core/policy/draft/draft_print_cilium.h"
#include "core/policy/draft/printer.h"
#include "core/record/record_names.h"
#include "core/state/flow_window.h"

/* --- the comment before a policy --- */

/* Formats a time without its fraction of a second. */
static void draft_print_format_second(uint64_t unix_ns, char text[TIMESTAMP_TEXT_SIZE])
{
	if (unix_ns == 0) {
		memcpy(text, "unknown", sizeof("unknown"));
		return;
	}
	timestamp_format(unix_ns, text);
	char *fraction = strchr(text, '.');
	if (fraction)
		memcpy(fraction, "Z", 2);
}

static const char *draft_print_plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

/* Prints how many of the observed connections are allowed, and why others are not. */
static void draft_print_coverage(struct printer *printer, const struct draft *draft)
{
	const struct draft_coverage *coverage = &draft->coverage;
	char covered[COVERAGE_TEXT_SIZE];

	coverage_format(coverage, covered);
	if (coverage_is_complete(coverage))
		printer_comment_line(printer, "allowed: all of them");
	else
		printer_comment_line(printer, "coverage: %s", covered);
}

/* Prints which protocols the sources watched, because missing flows of other protocols prove
 * nothing. */
static void draft_print_protocols(struct printer *printer, const struct draft_evidence *evidence)
{
	static const uint8_t protocols[] = {FLOW_TCP, FLOW_UDP, FLOW_SCTP};
	char texts[2][32] = {"", ""};

	for (size_t i = 0; i < ARRAY_LENGTH(protocols); i++) {
		char *text = texts[evidence->watched[i]];
		size_t length = strlen(text);
		snprintf(text + length, sizeof(texts[0]) - length, "%s%s", length > 0 ? ", " : "",
			 flow_protocol_name((enum flow_protocol)protocols[i]));
	}
	printer_comment_line(printer, "protocols watched: %s%s%s", texts[true],
			     texts[false][0] ? "; not watched: " : "", texts[false]);
}

/* Prints the window that the caller chose. The watched time is that of the flows in it. */
static void draft_print_window(struct printer *printer, const struct state_window *window)
{
	char text[FLOW_WINDOW_TEXT_SIZE];

	flow_window_format(window, text);
	if (text[0])
		printer_comment_line(printer, "only flows %s, by choice", text);
}

static void draft_print_evidence(struct printer *printer, enum draft_format format,
				 const struct draft *draft)
{
	const struct draft_evidence *evidence = &draft->evidence;
	char first[TIMESTAMP_TEXT_SIZE];
	char last[TIMESTAMP_TEXT_SIZE];

	if (draft->denies_all) {
		printer_comment_line(printer,
				     "%sNetworkPolicy for %s, by choice: denies what no other "
				     "policy allows%s",
				     format == DRAFT_CILIUM ? "Cilium" : "", draft->workload,
				     draft->policy->rules[NETPOL_EGRESS].count > 0 ? ", but DNS"
										   : "");
		printer_comment_line(printer, "also for pods that were not seen");
		return;
	}
	draft_print_format_second(evidence->first_ns, first);
	draft_print_format_second(evidence->last_ns, last);
	printer_comment_line(printer,
			     "%sNetworkPolicy for %s, drafted by polecat from %" PRIu64
			     " connection%s of %" PRIu64 " %s%s",
			     format == DRAFT_CILIUM ? "Cilium" : "", draft->workload,
			     evidence->connections, draft_print_plural(evidence->connections),
			     evidence->subjects, draft->placeholder ? "subject" : "pod",
			     draft_print_plural(evidence->subjects));
	printer_comment_line(printer, "watched: %s to %s", first, last);
	draft_print_window(printer, &evidence->window);
	if (evidence->clock_steps > 0) {
		char watched[TEXT_NUMBER_SIZE];

		text_short_duration(evidence->watched_ns, watched);
		printer_comment_line(
			printer,
			"the clock was set %" PRIu64 " time%s meanwhile: the watched time is %s",
			evidence->clock_steps, draft_print_plural(evidence->clock_steps), watched);
	}
	draft_print_protocols(printer, evidence);
	draft_print_coverage(printer, draft);
	if (evidence->own_lost > 0)
		printer_comment_line(
			printer,
			"lost: %" PRIu64
			" event%s of this workload in that time: connections may be missing here",
			evidence->own_lost, draft_print_plural(evidence->own_lost));
	if (evidence->lost > 0)
		printer_comment_line(printer,
				     "lost: %" PRIu64
				     " event%s in that time: connections may be missing here",
				     evidence->lost, draft_print_plural(evidence->lost));
}

/* Prints lines about a selector that is a placeholder, and about directions that the policy does
 * not restrict. A draft that denies all may restrict them. */
static void draft_print_limits(struct printer *printer, enum draft_format format,
			       const struct draft *draft)
{
	static const char *const names[NETPOL_DIRECTIONS] = {
		[NETPOL_EGRESS] = "egress",
		[NETPOL_INGRESS] = "ingress",
	};

	if (draft->placeholder)
		printer_comment_line(printer,
				     "The %s is a placeholder: replace it by the labels of the pod "
				     "that will run this.",
				     format == DRAFT_CILIUM ? "endpointSelector" : "podSelector");
	for (int d = 0; d < NETPOL_DIRECTIONS; d++) {
		if (!draft->policy->rules[d].isolates)
			printer_comment_line(printer, "%s: %s (nothing was seen that needs a rule)",
					     draft->others_denied ? "denied by choice"
								  : "not restricted",
					     names[d]);
	}
}

/* Prints facts that are true for every draft and that only some readers need. */
static void draft_print_details(struct printer *printer, enum draft_format format)
{
	/* Source: docs.cilium.io, "Layer 4 Policies". */
	if (format == DRAFT_CILIUM)
		printer_comment_line(printer, "Cilium also drops ICMP (ping) where a direction is "
					      "restricted to ports.");
	printer_comment_line(printer, "Connections that are open when it is applied, and the first "
				      "moments of new pods, are the network plugin's to decide.");
}

/* --- rules --- */

/* The state while one draft is printed. */
struct draft_print {
	struct printer *printer;
	struct draft_text *text; /* receives the enum draft_part of each line; may be NULL */
	const struct netpol *policy;
	enum draft_format format;
};

/* Prints a selector of pods (namespace_name is NULL) or of one namespace (pods is NULL). */
static void draft_print_selector(struct printer *printer, const char *key,
				 const struct netpol_selector *pods, const char *namespace_name)
{
	size_t count = pods ? pods->labels.count : 0;

	printer_map(printer, key);
	if (!namespace_name && count == 0) {
		printer_close(printer);
		return;
	}
	printer_map(printer, "matchLabels");
	for (size_t i = 0; i < count; i++) {
		printer_text(printer, pods->labels.items[i].key);
		printer_text(printer, pods->labels.items[i].value);
	}
	if (namespace_name) {
		printer_text_pair(printer, NETPOL_NAMESPACE_LABEL, namespace_name);
	}
	printer_close(printer);
	printer_close(printer);
}

static void draft_print_peer(struct printer *printer, const struct netpol *policy,
			     const struct netpol_peer *peer)
{
	printer_map(printer, NULL);
	if (peer->kind == NETPOL_PEER_BLOCK) {
		printer_map(printer, "ipBlock");
		draft_print_block(printer, peer);
	} else {
		/* Put namespaceSelector and podSelector into one element. In an element of its own,
		 * namespaceSelector would allow all pods of the namespace. */
		if (!peer->namespace_name) {
			printer_map(printer, "namespaceSelector");
			printer_close(printer);
		} else if (strcmp(peer->namespace_name, policy->namespace_name) != 0) {
			draft_print_selector(printer, "namespaceSelector", NULL,
					     peer->namespace_name);
		}
		if (peer->namespace_name)
			draft_print_selector(printer, "podSelector", peer->pods, NULL);
	}
	printer_close(printer);
}

static void draft_print_port(struct printer *printer, const struct netpol_port *port)
{
	printer_map(printer, NULL);
	printer_plain_pair(printer, "protocol",
			   flow_protocol_name((enum flow_protocol)port->protocol));
	/* To allow all ports, omit the port: some plugins do not support the range 1 to 65535. */
	if (port->name)
		printer_text_pair(printer, "port", port->name);
	else if (!netpol_port_is_all(port))
		printer_number_pair(printer, "port", port->first);
	if (port->last > port->first)
		printer_number_pair(printer, "endPort", port->last);
	printer_close(printer);
}

/* Calls draft_text_mark unless print->text is NULL. The printer keeps the error. */
static void draft_print_mark(const struct draft_print *print, size_t last, struct draft_line line)
{
	if (print->text && draft_text_mark(print->text, last, line) != 0)
		print->printer->buffer.error = -ENOMEM;
}

/* Assigns a part to the lines of element `index` of a list. The key of the list, on the line before
 * the first element, belongs to the rule itself. */
static void draft_print_mark_element(const struct draft_print *print, struct draft_line rule,
				     enum draft_part part, size_t index)
{
	struct draft_line element = rule;

	element.part = (uint8_t)part;
	element.index = (uint32_t)index;
	if (print->text && index == 0)
		draft_print_mark(print, print->text->count, rule);
	draft_print_mark(print, printer_line(print->printer), element);
}

static void draft_print_rule(const struct draft_print *print, struct draft_line at)
{
	const struct netpol_rule *rule = &print->policy->rules[at.direction].items[at.rule];
	struct printer *printer = print->printer;

	printer_map(printer, NULL);
	printer_list(printer, at.direction == NETPOL_INGRESS ? "from" : "to");
	for (size_t i = 0; i < rule->peer_count; i++) {
		draft_print_peer(printer, print->policy, &rule->peers[i]);
		draft_print_mark_element(print, at, DRAFT_PART_PEER, i);
	}
	printer_close(printer);
	printer_list(printer, "ports");
	for (size_t i = 0; i < rule->port_count; i++) {
		draft_print_port(printer, &rule->ports[i]);
		draft_print_mark_element(print, at, DRAFT_PART_PORT, i);
	}
	printer_close(printer);
	printer_close(printer);
}

static void draft_print_rules(const struct draft_print *print, enum netpol_direction direction)
{
	const struct netpol_rules *rules = &print->policy->rules[direction];
	struct printer *printer = print->printer;

	/* For Cilium, a list with an empty rule isolates the direction and allows nothing. */
	if (rules->count == 0 && rules->isolates && print->format == DRAFT_CILIUM) {
		printer_list(printer, direction == NETPOL_INGRESS ? "ingress" : "egress");
		printer_map(printer, NULL);
		printer_close(printer);
		printer_close(printer);
	}
	if (rules->count == 0)
		return;
	/* The key of the list will be on the next line, which belongs to no rule. */
	draft_print_mark(print, printer_line(printer) + 1, (struct draft_line){0});
	printer_list(printer, direction == NETPOL_INGRESS ? "ingress" : "egress");
	for (size_t i = 0; i < rules->count; i++) {
		const struct draft_line at = {
			.part = DRAFT_PART_RULE,
			.direction = (uint8_t)direction,
			.rule = (uint32_t)i,
		};
		if (print->format == DRAFT_CILIUM) {
			draft_print_cilium_rule(printer, print->policy, direction,
						&rules->items[i]);
			draft_print_mark(print, printer_line(printer), at);
		} else {
			draft_print_rule(print, at);
		}
	}
	printer_close(printer);
}

/* --- policies --- */

/* Prints the beginning of the spec: the selected pods, and the restricted directions. Cilium
 * restricts exactly the directions that have rules. */
static void draft_print_scope(const struct draft_print *print)
{
	struct printer *printer = print->printer;

	if (print->format == DRAFT_CILIUM) {
		draft_print_cilium_selector(printer, print->policy->pods);
		return;
	}
	draft_print_selector(printer, "podSelector", print->policy->pods, NULL);
	printer_list(printer, "policyTypes");
	if (print->policy->rules[NETPOL_INGRESS].isolates)
		printer_plain(printer, "Ingress");
	if (print->policy->rules[NETPOL_EGRESS].isolates)
		printer_plain(printer, "Egress");
	printer_close(printer);
}

static void draft_print_one(struct printer *printer, const struct draft_set *set, size_t index,
			    struct draft_text *text)
{
	const struct draft *draft = &set->items[index];
	const struct draft_print print = {printer, text, draft->policy, set->format};
	bool cilium = set->format == DRAFT_CILIUM;

	draft_print_evidence(printer, set->format, draft);
	draft_print_limits(printer, set->format, draft);
	for (size_t kind = 0; kind < DRAFT_LINE_KINDS; kind++) {
		const struct lines *lines = &draft->lines[kind];
		if (kind == DRAFT_DETAIL && !set->explain)
			break;
		for (size_t i = 0; i < lines->count; i++)
			printer_comment_line(printer, "%s", lines->items[i]);
	}
	if (set->explain)
		draft_print_details(printer, set->format);
	printer_map(printer, NULL);
	printer_plain_pair(printer, "apiVersion", cilium ? "cilium.io/v2" : "networking.k8s.io/v1");
	printer_plain_pair(printer, "kind", cilium ? "CiliumNetworkPolicy" : "NetworkPolicy");
	printer_map(printer, "metadata");
	printer_text_pair(printer, "name", draft->policy->name);
	printer_text_pair(printer, "namespace", draft->policy->namespace_name);
	printer_close(printer);
	printer_map(printer, "spec");
	draft_print_scope(&print);
	draft_print_rules(&print, NETPOL_INGRESS);
	draft_print_rules(&print, NETPOL_EGRESS);
	printer_close(printer);
	printer_close(printer);
	printer_document_end(printer);
	/* The document ended with a newline, so its last line is the one before printer_line. */
	if (printer_line(printer) > 0)
		draft_print_mark(&print, printer_line(printer) - 1, (struct draft_line){0});
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

/* Prints the drafts from `first` to `end` - 1. The lines of drafts other than `index` get
 * DRAFT_PART_NONE. */
static int draft_print_marked(const struct draft_set *set, size_t first, size_t end, size_t index,
			      struct draft_text *out)
{
	struct printer printer = {0};

	draft_text_clear(out);
	out->policy = set->items[index].policy;
	for (size_t i = first; i < end; i++) {
		const struct draft_print other = {&printer, out, NULL, set->format};
		if (i > first)
			printer_separator(&printer);
		draft_print_one(&printer, set, i, i == index ? out : NULL);
		if (i != index && printer_line(&printer) > 0)
			draft_print_mark(&other, printer_line(&printer) - 1,
					 (struct draft_line){0});
	}
	int error = printer_finish(&printer, &out->text, &out->length);
	if (error != 0)
		draft_text_clear(out);
	return error;
}

int draft_print_text(const struct draft_set *set, size_t index, struct draft_text *out)
{
	return draft_print_marked(set, index, index + 1, index, out);
}

int draft_print_text_all(const struct draft_set *set, size_t index, struct draft_text *out)
{
	return draft_print_marked(set, 0, set->policies.count, index, out);
}
