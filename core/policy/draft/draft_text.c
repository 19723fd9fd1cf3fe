/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/draft/draft_text.h"

#include <errno.h>
#include <stdlib.h>

#include "core/base/array.h"
#include "core/base/cleanup.h"
#include "core/policy/netpol/netpol_cover.h"

void draft_text_clear(struct draft_text *text)
{
	free(text->text);
	free(text->lines);
	*text = (struct draft_text){0};
}

int draft_text_mark(struct draft_text *text, size_t last, struct draft_line line)
{
	if (ARRAY_RESERVE(text->lines, text->capacity, last + 1) != 0)
		return -ENOMEM;
	while (text->count <= last)
		text->lines[text->count++] = line;
	return 0;
}

/* --- comparison --- */

/* A peer of the earlier policy, and the only rule of its direction that has this peer. */
struct draft_known {
	const struct netpol_peer *peer;
	uint8_t direction;
	uint32_t rule;
	size_t line; /* the first line of the peer */
};

struct draft_match {
	const struct draft_text *before;
	struct draft_known *known; /* sorted */
	size_t known_count;
	const struct draft_text *after;
	/* For each peer of the current rule of `after`: the same peer in `before`, or NULL. */
	const struct draft_known **peers;
	bool any_known;
};

static int draft_text_compare_known(const void *a, const void *b)
{
	const struct draft_known *x = a;
	const struct draft_known *y = b;

	return x->direction != y->direction ? x->direction - y->direction
					    : netpol_peer_compare(x->peer, y->peer);
}

static size_t draft_text_count_peers(const struct netpol *policy)
{
	size_t count = 0;

	for (int d = 0; d < NETPOL_DIRECTIONS; d++) {
		for (size_t i = 0; i < policy->rules[d].count; i++)
			count += policy->rules[d].items[i].peer_count;
	}
	return count;
}

/* Returns true for the first line of a rule. */
static bool draft_text_starts_rule(const struct draft_text *text, size_t line)
{
	const struct draft_line *this = &text->lines[line];

	return line == 0 || this[-1].part == DRAFT_PART_NONE ||
	       this[-1].direction != this->direction || this[-1].rule != this->rule;
}

/* Returns true if the line belongs to a different part (rule, peer or port) than the line
 * before. */
static bool draft_text_starts(const struct draft_text *text, size_t line)
{
	const struct draft_line *this = &text->lines[line];

	return draft_text_starts_rule(text, line) || this[-1].part != this->part ||
	       this[-1].index != this->index;
}

static const struct netpol_rule *draft_text_rule(const struct draft_text *text, size_t line)
{
	const struct draft_line *at = &text->lines[line];

	return &text->policy->rules[at->direction].items[at->rule];
}

/* Collects the peers from the lines of `before`. */
static void draft_text_collect(struct draft_match *matching)
{
	const struct draft_text *before = matching->before;

	for (size_t i = 0; before->policy && i < before->count; i++) {
		const struct draft_line *line = &before->lines[i];
		if (line->part != DRAFT_PART_PEER || !draft_text_starts(before, i))
			continue;
		matching->known[matching->known_count++] = (struct draft_known){
			.peer = &draft_text_rule(before, i)->peers[line->index],
			.direction = line->direction,
			.rule = line->rule,
			.line = i,
		};
	}
	if (matching->known_count > 0)
		qsort(matching->known, matching->known_count, sizeof(*matching->known),
		      draft_text_compare_known);
}

/* Looks up the peers of the rule that starts at this line of `after`. */
static void draft_text_look_up(struct draft_match *matching, size_t line)
{
	const struct netpol_rule *rule = draft_text_rule(matching->after, line);
	struct draft_known wanted = {.direction = matching->after->lines[line].direction};

	matching->any_known = false;
	for (size_t i = 0; i < rule->peer_count; i++) {
		wanted.peer = &rule->peers[i];
		matching->peers[i] = bsearch(&wanted, matching->known, matching->known_count,
					     sizeof(wanted), draft_text_compare_known);
		matching->any_known |= matching->peers[i] != NULL;
	}
}

/* Searches the rule of peer `known` in `before` for a port that covers `port`. Returns the line of
 * that port, or DRAFT_LINE_NEW. */
static size_t draft_text_find_port(const struct draft_match *matching,
				   const struct draft_known *known, const struct netpol_port *port)
{
	const struct draft_text *before = matching->before;

	for (size_t i = known->line; before->policy && i < before->count; i++) {
		const struct draft_line *line = &before->lines[i];
		if (line->part == DRAFT_PART_NONE || line->direction != known->direction ||
		    line->rule != known->rule)
			break;
		if (line->part == DRAFT_PART_PORT &&
		    netpol_port_covers(&draft_text_rule(before, i)->ports[line->index], port))
			return i;
	}
	return DRAFT_LINE_NEW;
}

static size_t draft_text_match_port(const struct draft_match *matching, size_t line)
{
	const struct netpol_rule *rule = draft_text_rule(matching->after, line);
	const struct netpol_port *port = &rule->ports[matching->after->lines[line].index];
	const struct draft_known *last = NULL;
	size_t found = DRAFT_LINE_NEW;

	for (size_t i = 0; i < rule->peer_count; i++) {
		const struct draft_known *known = matching->peers[i];
		if (!known)
			return DRAFT_LINE_NEW;
		/* Most peers of a rule also shared a rule in `before`, so search the ports of that
		 * rule once. */
		if (!last || last->rule != known->rule)
			found = draft_text_find_port(matching, known, port);
		if (found == DRAFT_LINE_NEW)
			return DRAFT_LINE_NEW;
		last = known;
	}
	return found;
}

static size_t draft_text_match_line(struct draft_match *matching, size_t line)
{
	const struct draft_line *at = &matching->after->lines[line];
	const struct draft_known *known;

	switch ((enum draft_part)at->part) {
	case DRAFT_PART_NONE:
		break;
	case DRAFT_PART_RULE:
		return matching->any_known ? 0 : DRAFT_LINE_NEW;
	case DRAFT_PART_PEER:
		known = matching->peers[at->index];
		return known ? known->line : DRAFT_LINE_NEW;
	case DRAFT_PART_PORT:
		return draft_text_match_port(matching, line);
	}
	return 0;
}

int draft_text_match(const struct draft_text *before, const struct draft_text *after, size_t *match)
{
	size_t known = before->policy ? draft_text_count_peers(before->policy) : 0;
	struct draft_match matching = {.before = before, .after = after};

	/* A text without a policy has no rules. */
	if (!after->policy) {
		memset(match, 0, after->count * sizeof(*match));
		return 0;
	}
	CLEANUP_FREE struct draft_known *known_peers =
		reallocarray(NULL, known + 1, sizeof(*known_peers));
	CLEANUP_FREE const struct draft_known **rule_peers =
		reallocarray(NULL, draft_text_count_peers(after->policy) + 1, sizeof(*rule_peers));
	if (!known_peers || !rule_peers)
		return -ENOMEM;
	matching.known = known_peers;
	matching.peers = rule_peers;
	draft_text_collect(&matching);
	for (size_t i = 0; i < after->count; i++) {
		const struct draft_line *line = &after->lines[i];
		if (line->part != DRAFT_PART_NONE && draft_text_starts_rule(after, i))
			draft_text_look_up(&matching, i);
		match[i] = draft_text_starts(after, i) ? draft_text_match_line(&matching, i)
						       : match[i - 1];
	}
	return 0;
}
