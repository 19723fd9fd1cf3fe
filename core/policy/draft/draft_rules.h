/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists a draft as rules with their evidence, for a screen: the rules of the policy, the directions
 * that it does not restrict, and the traffic that it does not allow. The order is that of the
 * printed policy: ingress before egress.
 */
#ifndef POLECAT_CORE_POLICY_DRAFT_DRAFT_RULES_H
#define POLECAT_CORE_POLICY_DRAFT_DRAFT_RULES_H

#include <stddef.h>
#include <stdint.h>

#include "core/policy/draft/draft.h"

enum draft_rule_kind {
	DRAFT_RULE_ALLOWED = 1,
	DRAFT_RULE_UNRESTRICTED, /* the policy does not isolate the direction */
	DRAFT_RULE_LEFT_OUT,     /* destinations that the draft does not allow for one reason */
};

/* The numbers of an edge when the rules were listed. */
struct draft_rule_edge {
	const struct edge *edge;
	uint64_t ok_count;
	uint64_t conn_count;
	uint64_t failed_count;
	uint64_t last_ns;
};

struct draft_rule {
	uint8_t kind;      /* enum draft_rule_kind */
	uint8_t direction; /* enum netpol_direction */
	/* The policy isolates the direction. If it does not, it denies no LEFT_OUT traffic. */
	bool restricted;
	uint32_t index;                 /* ALLOWED: of the rule in policy->rules[direction] */
	const struct netpol_rule *rule; /* ALLOWED; else NULL */
	/* The evidence. Empty: a guess without an observed connection, or UNRESTRICTED. */
	struct draft_edges edges;
	const struct draft_rule_edge *numbers; /* one for each edge */
	uint64_t connections;                  /* successful connections of the edges */
	/* LEFT_OUT: the destinations, all with the same reason; else empty. */
	struct draft_left_outs left_out;
};

/* Zero-initialise. Free with draft_rules_clear, before the draft set. */
struct draft_rules {
	struct draft_rule *items;
	size_t count;
	struct draft_rule_edge *numbers; /* the elements that the items' `numbers` point to */
};

/* Lists draft `index` of a set that was made with draft_options.keep_edges. If the set has no
 * policy, lists only set->left_out. Replaces the contents of *out, which then points into the set.
 * Returns 0, or -ENOMEM with *out empty. */
int draft_rules_list(const struct draft_set *set, size_t index, struct draft_rules *out);

void draft_rules_clear(struct draft_rules *rules);

#endif
