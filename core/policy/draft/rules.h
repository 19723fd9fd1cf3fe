/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Builds sorted rules from single things to allow. Repeated items are dropped, the ports of one
 * peer are joined, and peers with equal port sets share a rule. The rules allow nothing else: two
 * peers share a rule only if all their ports are equal, and a range covers only ports that are all
 * there. Exceptions are the blocks and ranges that the user asks for (draft_options).
 */
#ifndef POLECAT_CORE_POLICY_DRAFT_RULES_H
#define POLECAT_CORE_POLICY_DRAFT_RULES_H

#include "core/policy/draft/draft.h"
#include "core/policy/draft/peer_item.h"

/*
 * This many neighbouring ports become a range. Fewer are listed one by one: some plugins read a
 * range's first port only (networking/v1 NetworkPolicyPort.endPort).
 */
#define RULES_RANGE_MIN 10

/*
 * Sorts the items and builds the rules of draft->policy and, if the options ask for them, the
 * draft's edges, in the arena of its lines. Adds a line for each thing that is wider than observed.
 * Returns 0 or -ENOMEM.
 */
int rules_build(struct peer_items *items, const struct draft_options *options, struct draft *draft);

#endif
