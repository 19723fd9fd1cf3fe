/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text of one draft, and the part of the policy that each of its lines belongs to.
 *
 * To follow a draft: keep the draft_set and the draft_text of the last print. Its lines give the
 * rule at a line; draft_text_match compares two policies of one workload and gives, for each
 * line, the line that allowed the same before.
 */
#ifndef POLECAT_CORE_POLICY_DRAFT_DRAFT_TEXT_H
#define POLECAT_CORE_POLICY_DRAFT_DRAFT_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "core/policy/netpol/netpol.h"

enum draft_part {
	DRAFT_PART_NONE = 0, /* the header comment and everything outside of rules */
	DRAFT_PART_RULE,     /* a rule's own lines: "- to:", "ports:" */
	DRAFT_PART_PEER,
	DRAFT_PART_PORT,
};

struct draft_line {
	uint8_t part;      /* enum draft_part */
	uint8_t direction; /* enum netpol_direction; not for NONE, as the next two */
	uint32_t rule;     /* policy->rules[direction].items[rule] */
	uint32_t index;    /* PEER, PORT: of the rule's peers or ports */
};

/* Zero-initialise; free with draft_text_clear. */
struct draft_text {
	const struct netpol *policy; /* of the draft_set that was printed */
	char *text;                  /* NUL-terminated, each line with its newline */
	size_t length;
	struct draft_line *lines; /* one for each line of the text */
	size_t count;
	size_t capacity;
};

void draft_text_clear(struct draft_text *text);

/* For printers: gives this part to the lines without one up to number `last` (0-based, included).
 * Returns 0 or -ENOMEM. */
int draft_text_mark(struct draft_text *text, size_t last, struct draft_line line);

#define DRAFT_LINE_NEW ((size_t)-1)

/*
 * For each line of `after`, writes to match[] the line of `before` that allows the same, or
 * DRAFT_LINE_NEW: a peer is new if no rule of the direction had it; a port is new if it was not
 * allowed for each peer of its rule; a rule's own lines are new if all its peers are. Lines outside
 * of rules get 0. Both policies must still exist. Returns 0 or -ENOMEM.
 */
int draft_text_match(const struct draft_text *before, const struct draft_text *after,
		     size_t *match);

#endif
