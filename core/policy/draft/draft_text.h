/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text of one draft, and the part of the policy to which each of its lines belongs.
 *
 * To follow changes of a draft, store the draft_set and the draft_text of the last print.
 * draft_text_match compares two policies of one workload: for each line of the new text, it finds
 * the line of the old text that allowed the same.
 */
#ifndef POLECAT_CORE_POLICY_DRAFT_DRAFT_TEXT_H
#define POLECAT_CORE_POLICY_DRAFT_DRAFT_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "core/policy/netpol/netpol.h"

enum draft_part {
	DRAFT_PART_NONE = 0, /* the header comment and everything outside of rules */
	DRAFT_PART_RULE,     /* lines of the rule itself: "- to:", "ports:" */
	DRAFT_PART_PEER,
	DRAFT_PART_PORT,
};

struct draft_line {
	uint8_t part;      /* enum draft_part */
	uint8_t direction; /* enum netpol_direction; unused for NONE, as are rule and index */
	uint32_t rule;     /* policy->rules[direction].items[rule] */
	uint32_t index;    /* PEER, PORT: index in the rule's peers or ports */
};

/* Zero-initialise. Free with draft_text_clear. */
struct draft_text {
	const struct netpol *policy; /* a policy of the printed draft_set */
	char *text;                  /* NUL-terminated, each line with its newline */
	size_t length;
	struct draft_line *lines; /* one for each line of the text */
	size_t count;
	size_t capacity;
};

void draft_text_clear(struct draft_text *text);

/* For printers: assigns this part to each line up to number `last` (0-based, inclusive) that has no
 * part yet. Returns 0 or -ENOMEM. */
int draft_text_mark(struct draft_text *text, size_t last, struct draft_line line);

#define DRAFT_LINE_NEW ((size_t)-1)

/*
 * For each line of `after`, writes to match[] the line of `before` that allows the same, or
 * DRAFT_LINE_NEW. A peer is new if no rule of the direction had it. A port is new unless it was
 * allowed for every peer of its rule. The lines of a rule itself are new if all its peers are new.
 * Lines outside of rules get 0. Both policies must still exist. Returns 0 or -ENOMEM.
 */
int draft_text_match(const struct draft_text *before, const struct draft_text *after,
		     size_t *match);

#endif
