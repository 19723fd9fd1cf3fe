/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From single things to allow to sorted rules: repetition dropped, the ports of one peer together,
 * peers of one port set together, and never more than was asked for: two peers share a rule only
 * where all their ports are the same, and a range covers only ports that are all there, unless a
 * person wants few ports in a rule.
 */
#ifndef POLECAT_CORE_POLICY_DRAFT_RULES_H
#define POLECAT_CORE_POLICY_DRAFT_RULES_H

#include "core/policy/draft/lines.h"
#include "core/policy/draft/model.h"
#include "core/policy/draft/peer.h"

/*
 * This many neighbouring ports become a range. Fewer are listed one by one: some plugins read a
 * range's first port only (networking/v1 NetworkPolicyPort.endPort).
 */
#define RULES_RANGE_MIN 10

/*
 * Sorts the items and makes the rules of both directions in the arena of `lines`. max_ports as in
 * struct draft_options; what it opens is said in a line each. 0 or -ENOMEM.
 */
int rules_build(struct lines *lines, struct peer_item *items, size_t count, uint32_t max_ports,
		struct policy_rules rules[POLICY_DIRECTIONS]);

#endif
