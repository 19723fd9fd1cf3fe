/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Builds sorted rules from items. Drops repeated items, joins the ports of one peer, and puts peers
 * with equal ports into one rule. The rules allow nothing beyond the items: peers share a rule only
 * if all their ports are equal, and a range contains only observed ports. The exceptions are the
 * blocks and ranges that the user asks for (draft_options).
 */
#ifndef POLECAT_CORE_POLICY_DRAFT_RULES_H
#define POLECAT_CORE_POLICY_DRAFT_RULES_H

#include <stddef.h>

#include "core/base/buffer.h"
#include "core/base/hash_index.h"
#include "core/policy/draft/draft.h"
#include "core/policy/draft/peer_item.h"

/* The minimum number of consecutive ports that become a range. Fewer ports are listed one by one,
 * because some plugins use only the first port of a range (networking/v1
 * NetworkPolicyPort.endPort). */
#define RULES_RANGE_MIN 10

struct rules_item;
struct rules_order;

/* The memory of rules_build, which it reuses from workload to workload. Zero-initialise. Free with
 * rules_free. */
struct rules {
	struct rules_order *order;
	size_t order_capacity;
	struct peer_item *sorted;
	size_t sorted_capacity;
	struct rules_item *items; /* one for each peer, in order */
	size_t count;
	size_t capacity;
	struct netpol_port *ports;
	size_t port_capacity;
	struct hash_index by_ports; /* finds in `items` the first rule with a direction and ports */
	struct buffer comment;      /* for the text of a comment */
};

void rules_free(struct rules *rules);

/* Sorts the items and builds the rules of draft->policy. Fills in draft->edges if
 * options->keep_edges is set. Allocates in the arena of draft->lines. Adds a line for each rule
 * that allows more than was observed. Returns 0 or -ENOMEM. */
int rules_build(struct rules *rules, struct peer_items *items, const struct draft_options *options,
		struct draft *draft);

#endif
