/* SPDX-License-Identifier: Apache-2.0 */
/* Notes about flows: why the draft leaves them out, allows them by a guess, or needs no rule for
 * them. Each note is one line of the draft's header comment. The lines are sorted, and their number
 * is limited. */
#ifndef POLECAT_CORE_POLICY_DRAFT_NOTE_H
#define POLECAT_CORE_POLICY_DRAFT_NOTE_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/base/text.h"
#include "core/policy/draft/lines.h"
#include "core/policy/draft/peer_item.h"
#include "core/record/address.h"

/* The kinds in the order in which they are printed. */
enum note_kind {
	NOTE_SOURCE_UNKNOWN = 1, /* source: the pod's node, which may have masqueraded a client */
	NOTE_PORT_UNKNOWN,       /* a mesh's proxy got the flow; its original port is unknown */
	NOTE_REFUSED,            /* connections succeeded, but `reason` prevents a rule */
	NOTE_EXCLUDED,           /* the user excluded the destination */
	NOTE_FEW,                /* fewer connections than draft_options.min_connections */
	NOTE_FAILED_ALLOWED,     /* allowed by draft_options.include_failed: no attempt succeeded */
	NOTE_GUESSED,            /* the rule is a guess, because of `reason` */
	NOTE_DNS_ADDED,          /* the DNS server is also allowed over the other transport */
	NOTE_REPLY,              /* replies to the workload's clients (UDP), which need no rule */
	NOTE_FAILED,             /* only failed attempts */
	NOTE_UNANSWERED,         /* only attempts without an answer yet */
};

struct note {
	const struct edge *edge;
	const char *detail; /* as in struct peer_answer; may be NULL */
	uint64_t count;     /* connections, failed attempts, or those without an answer */
	uint8_t kind;       /* enum note_kind */
	uint8_t reason;     /* enum peer_reason */
};

struct notes {
	struct note *items;
	size_t count;
	size_t capacity;
	/* For each reason, the number of tuples that need no rule. */
	uint64_t implicit[PEER_OWN_NODE + 1];
};

/* The maximum number of lines for the notes of one draft_line_kind. A further line, "... and 5 more
 * like these", has the number of the other notes. */
#define NOTE_LINES_MAX 20

/*
 * Orders edges by direction, protocol, peer and port. Returns 0 if the edges, which may be those of
 * different replicas, have the same peer and port. Inline, because drafting sorts all edges with
 * it.
 */
static inline int note_compare_tuples(const struct edge *a, const struct edge *b)
{
	int order = a->direction - b->direction;

	if (order == 0)
		order = a->protocol - b->protocol;
	if (order == 0 && a->protocol_name != b->protocol_name)
		order = text_compare(a->protocol_name, b->protocol_name);
	if (order == 0)
		order = a->family - b->family;
	if (order == 0)
		order = address_compare(&a->peer, &b->peer);
	return order != 0 ? order : a->port - b->port;
}

/*
 * Returns a number that orders edges like note_compare_tuples, except that edges with equal numbers
 * may differ. Sorting by it first saves most comparisons of the edges.
 */
static inline uint64_t note_tuple_key(const struct edge *edge)
{
	uint64_t key = (uint64_t)edge->direction << 62 | (uint64_t)edge->protocol << 54;
	uint64_t address;

	/* Next, note_compare_tuples compares the protocol's name, for which the key has no
	 * space. */
	if (edge->protocol == FLOW_PROTOCOL_OTHER)
		return key;
	memcpy(&address, edge->peer.bytes, sizeof(address));
	/* 2 bits of direction, 8 of protocol, 3 of family, 51 of the address. The last 19 of these
	 * are 0 for IPv4. */
	key |= (uint64_t)edge->family << 51 | be64toh(address) >> 13;
	return edge->family == 4 ? key | edge->port : key;
}

/*
 * Adds a note. Returns 0 or -ENOMEM. Notes point to edges, so format them before the state changes.
 */
int note_add(struct notes *notes, const struct note *note);

/* Empties the notes for the next workload and keeps their memory. */
void notes_reset(struct notes *notes);
void notes_free(struct notes *notes);

/* Returns the text of a reason, printable ASCII. */
const char *note_reason(enum peer_reason reason);

/* Sorts the notes and formats them as lines of printable ASCII. `lines` has DRAFT_LINE_KINDS
 * elements, and each note goes to the element of its draft_line_kind. An element gets at most
 * NOTE_LINES_MAX notes, a line with the number of further notes, and a line about flows that need
 * no rule. */
void notes_format(struct notes *notes, struct lines *lines);

#endif
