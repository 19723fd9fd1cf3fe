/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/draft/header.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/base/timestamp.h"

/* Formats a time without its fraction of a second. */
static void header_format_second(uint64_t unix_ns, char text[TIMESTAMP_TEXT_SIZE])
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

static const char *header_get_plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

static void header_print_evidence(struct printer *printer, enum draft_format format,
				  const struct draft *draft)
{
	const struct draft_evidence *evidence = &draft->evidence;
	const struct draft_coverage *coverage = &draft->coverage;
	char first[TIMESTAMP_TEXT_SIZE];
	char last[TIMESTAMP_TEXT_SIZE];

	header_format_second(evidence->first_ns, first);
	header_format_second(evidence->last_ns, last);
	printer_comment_line(printer,
			     "%sNetworkPolicy for %s, drafted by polecat from what it saw.",
			     format == DRAFT_CILIUM ? "Cilium" : "", draft->workload);
	printer_comment_line(printer, "watched: %s to %s", first, last);
	printer_comment_line(
		printer,
		"seen: %" PRIu64 " connection%s of %" PRIu64 " %s%s, %" PRIu64 " flow record%s",
		evidence->connections, header_get_plural(evidence->connections), evidence->subjects,
		draft->placeholder ? "subject" : "pod", header_get_plural(evidence->subjects),
		evidence->flows, header_get_plural(evidence->flows));
	if (coverage->covered == coverage->connections)
		printer_comment_line(printer, "allowed: all of them");
	else
		printer_comment_line(printer, "allowed: %zu of them; see below for the others",
				     coverage->covered);
	if (coverage->left_out > 0)
		printer_comment_line(printer,
				     "left out by choice: %zu of the pods' destinations and "
				     "clients, not counted above",
				     coverage->left_out);
	if (evidence->lost == 0)
		printer_comment_line(printer, "lost: no events in that time");
	else
		printer_comment_line(printer,
				     "lost: %" PRIu64
				     " event%s in that time: connections may be missing here",
				     evidence->lost, header_get_plural(evidence->lost));
}

static void header_print_scope(struct printer *printer, enum draft_format format,
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
		if (draft->policy->rules[d].count == 0)
			printer_comment_line(
				printer, "not restricted: %s (nothing was seen that needs a rule)",
				names[d]);
	}
	/* docs.cilium.io, "Layer 4 Policies". */
	if (format == DRAFT_CILIUM)
		printer_comment_line(printer, "Cilium also drops ICMP (ping) where a direction is "
					      "restricted to ports.");
	printer_comment_line(printer, "Connections that are open when it is applied, and the first "
				      "moments of new pods, are the network plugin's to decide.");
}

void header_print(struct printer *printer, enum draft_format format, const struct draft *draft)
{
	header_print_evidence(printer, format, draft);
	header_print_scope(printer, format, draft);
	for (size_t i = 0; i < draft->notes.count; i++)
		printer_comment_line(printer, "%s", draft->notes.items[i]);
}
