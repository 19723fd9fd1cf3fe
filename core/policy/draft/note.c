/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/draft/note.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/text.h"
#include "core/policy/draft/draft.h"
#include "core/record/address.h"
#include "core/record/record_names.h"
#include "core/state/conn_words.h"

static const char *const reasons[PEER_REASONS] = {
	[PEER_PLAIN] = "",
	[PEER_LOOPBACK] = "over loopback",
	[PEER_SELF] = "to itself",
	[PEER_OWN_NODE] = "from its own node",
	[PEER_OTHER_NODE] = "traffic that a node passes on has that node's address; "
			    "another node may be the next source",
	[PEER_HOST_NETWORK] = "host-network pods have their node's address; "
			      "another node may be the next",
	[PEER_API_SERVER] = "the API server's address: all known API servers are allowed; other "
			    "ones may follow",
	[PEER_OWN_NODE_AGENT] = "the address of the pod's own node; pods on other nodes may need "
				"the address of their node",
	[PEER_HOST_PORT] = "a host port of a node leads to the pod behind it",
	[PEER_TRANSLATED] = "conntrack shows that the node translates this address; the pods that "
			    "answered are allowed, others may be behind it",
	[PEER_NODE_PORT] = "a node port of the pod's own node leads to the pods behind it",
	[PEER_ROLLOUT] = "its selector has the hash of one rollout; the pods of other rollouts are "
			 "allowed, too",
	[PEER_NAMED_PORT] = "no pod of the service is known, so its port is allowed by name",
	[PEER_SHARED_ADDRESS] = "other pods are known to have the same address",
	[PEER_NOT_UNICAST] = "policies do not cover such addresses",
	[PEER_UNKNOWN] = "the socket had too many peers, so their addresses were not kept",
	[PEER_BAD_PROTOCOL] = "policies cover only TCP, UDP and SCTP",
	[PEER_BAD_PORT] = "this is not a port number",
	[PEER_UNLABELLED] = "no stable label selects that pod: label it",
	[PEER_SERVICE_PORT] = "the port of the pods behind the service is not known",
	[PEER_SERVICE_SELECTOR] = "the selector of the service is not valid",
	[PEER_SERVICE_ENDPOINTS] = "the service has no selector, and its endpoints are not known",
	[PEER_SERVICE_UNKNOWN] = "the Service is not known; policies see the pods behind it, so a "
				 "block would match nothing",
	[PEER_LATER_POD] = "has the address now, but started after the flow; the pod that had it "
			   "then is not known",
};

const char *note_reason(enum peer_reason reason)
{
	return reasons[reason];
}

int note_add(struct notes *notes, const struct note *note)
{
	struct note *added = ARRAY_ADD(notes->items, notes->count, notes->capacity);

	if (!added)
		return -ENOMEM;
	*added = *note;
	return 0;
}

void notes_reset(struct notes *notes)
{
	notes->count = 0;
	memset(notes->implicit, 0, sizeof(notes->implicit));
}

void notes_free(struct notes *notes)
{
	free(notes->items);
	*notes = (struct notes){.items = NULL};
}

static int note_compare(const void *a, const void *b)
{
	const struct note *x = a;
	const struct note *y = b;

	int order = x->kind - y->kind;

	if (order == 0)
		order = note_compare_tuples(x->edge, y->edge);
	/* Several clients may share one address and have a note each. Only the detail distinguishes
	 * the notes. */
	if (order == 0)
		order = text_compare(x->detail, y->detail);
	return order != 0 ? order : (x->count > y->count) - (x->count < y->count);
}

#define TUPLE_SIZE 128

/* Formats "egress TCP 192.0.2.1:443" or "ingress TCP 8080 from 192.0.2.1". */
static void note_format_tuple(const struct edge *edge, char out[TUPLE_SIZE])
{
	char address[ADDRESS_TEXT_SIZE];
	char protocol[24];
	const char *known = flow_protocol_name((enum flow_protocol)edge->protocol);

	address_format(edge->family, &edge->peer, address);
	text_escape_ascii(known ? known : edge->protocol_name, protocol, sizeof(protocol));
	if (edge->direction == FLOW_INGRESS)
		snprintf(out, TUPLE_SIZE, "ingress %s %u from %s", protocol, edge->port, address);
	else if (edge->family == 0)
		snprintf(out, TUPLE_SIZE, "egress %s to %s", protocol, address);
	else if (edge->family == 6)
		snprintf(out, TUPLE_SIZE, "egress %s [%s]:%u", protocol, address, edge->port);
	else
		snprintf(out, TUPLE_SIZE, "egress %s %s:%u", protocol, address, edge->port);
}

static void note_format_failure(const struct note *note, char *out, size_t size)
{
	int error = note->edge->last_error;
	const char *name = error != 0 ? flow_error_name(error) : NULL;
	const char *plural = note->count == 1 ? "" : "s";

	if (error == ECONNREFUSED || error == ETIMEDOUT)
		snprintf(out, size, "%s %" PRIu64 " time%s", conn_failure_word(error), note->count,
			 plural);
	else if (name)
		snprintf(out, size, "failed %" PRIu64 " time%s, %s", note->count, plural, name);
	else
		snprintf(out, size, "failed %" PRIu64 " time%s", note->count, plural);
}

static void note_format(const struct note *note, struct lines *lines)
{
	char tuple[TUPLE_SIZE];
	char seen[TUPLE_SIZE + 48];
	char failure[64];
	const char *reason = reasons[note->reason];
	const char *who = note->detail ? note->detail : "";
	const char *colon = note->detail ? ": " : "";
	const char *other = note->edge->protocol == FLOW_UDP ? "TCP" : "UDP";

	note_format_tuple(note->edge, tuple);
	note_format_failure(note, failure, sizeof(failure));
	snprintf(seen, sizeof(seen), "%s (%" PRIu64 " connection%s)", tuple, note->count,
		 note->count == 1 ? "" : "s");
	switch ((enum note_kind)note->kind) {
	case NOTE_SOURCE_UNKNOWN:
		lines_printf(
			lines,
			"source unknown: %s: the address of the pod's own node, which clients of "
			"node ports, external IPs and load balancers have too: probes of the node "
			"are allowed, but such clients need a rule for their own address",
			seen);
		break;
	case NOTE_PORT_UNKNOWN:
		lines_printf(
			lines,
			"not allowed although seen: %s: a service mesh's proxy, to which the pod "
			"redirects; the port on the wire was not seen at the client's end",
			seen);
		break;
	case NOTE_REFUSED:
		lines_printf(lines, "not allowed although seen: %s: %s%s%s", seen, who, colon,
			     reason);
		break;
	case NOTE_EXCLUDED:
		lines_printf(lines, "not allowed, left out by choice: %s", seen);
		break;
	case NOTE_FEW:
		lines_printf(lines, "not allowed, too few by choice: %s", seen);
		break;
	case NOTE_FAILED_ALLOWED:
		lines_printf(lines, "allowed by choice: %s (%s): never succeeded", tuple,
			     note->count > 0 ? failure : "no answer");
		break;
	case NOTE_GUESSED:
		lines_printf(lines, "guessed: %s: %s%s%s", tuple, who, colon, reason);
		break;
	case NOTE_DNS_ADDED:
		lines_printf(lines, "added: %s %u beside %s: DNS uses both, large answers TCP",
			     other, note->edge->port, tuple);
		break;
	case NOTE_REPLY:
		lines_printf(lines, "not listed: %s: answers to a client of this workload", tuple);
		break;
	case NOTE_FAILED:
		lines_printf(lines, "not allowed: %s (%s): only failed attempts", tuple, failure);
		break;
	case NOTE_UNANSWERED:
		lines_printf(lines, "not allowed: %s: no answer was seen", tuple);
		break;
	}
}

/* Formats one line about all flows that need no rule. */
static void note_format_implicit(const struct notes *notes, struct lines *lines)
{
	char text[160] = "";
	size_t length = 0;

	for (size_t reason = PEER_LOOPBACK; reason <= PEER_OWN_NODE; reason++) {
		if (notes->implicit[reason] == 0 || length >= sizeof(text))
			continue;
		length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%" PRIu64 " %s",
					   length > 0 ? ", " : "", notes->implicit[reason],
					   reasons[reason]);
	}
	lines_printf(lines, "always allowed, needs no rule: %s", text);
}

/* Returns the kind of draft lines in which a note of this kind is printed. */
static enum draft_line_kind note_line_kind(uint8_t kind)
{
	switch ((enum note_kind)kind) {
	case NOTE_SOURCE_UNKNOWN:
	case NOTE_PORT_UNKNOWN:
	case NOTE_REFUSED:
		return DRAFT_MISSING;
	case NOTE_FAILED_ALLOWED:
	case NOTE_GUESSED:
		return DRAFT_GUESSED;
	case NOTE_EXCLUDED:
	case NOTE_FEW:
	case NOTE_DNS_ADDED:
	case NOTE_REPLY:
	case NOTE_FAILED:
	case NOTE_UNANSWERED:
		break;
	}
	return DRAFT_DETAIL;
}

void notes_format(struct notes *notes, struct lines *lines)
{
	size_t counts[DRAFT_LINE_KINDS] = {0};
	uint64_t implicit = 0;

	if (notes->count > 0)
		qsort(notes->items, notes->count, sizeof(*notes->items), note_compare);
	for (size_t i = 0; i < notes->count; i++) {
		enum draft_line_kind kind = note_line_kind(notes->items[i].kind);
		if (counts[kind]++ < NOTE_LINES_MAX)
			note_format(&notes->items[i], &lines[kind]);
	}
	for (size_t kind = 0; kind < DRAFT_LINE_KINDS; kind++) {
		if (counts[kind] > NOTE_LINES_MAX)
			lines_add_rest(&lines[kind], counts[kind] - NOTE_LINES_MAX);
	}
	for (size_t reason = 0; reason <= PEER_OWN_NODE; reason++)
		implicit += notes->implicit[reason];
	if (implicit > 0)
		note_format_implicit(notes, &lines[DRAFT_DETAIL]);
}
