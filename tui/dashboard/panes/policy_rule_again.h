/* SPDX-License-Identifier: Apache-2.0 */
/* Finds a rule of a draft in the next draft. Pure. */
#ifndef POLECAT_TUI_DASHBOARD_PANES_POLICY_RULE_AGAIN_H
#define POLECAT_TUI_DASHBOARD_PANES_POLICY_RULE_AGAIN_H

#include "core/policy/draft/draft_rules.h"

/*
 * Returns the index of the rule that stands for rule `index` of an older list, or rules->count if
 * none does. It is the rule that has most of the older rule's edges. A rule of another kind counts
 * only if none of the same kind has one of them. A rule without edges is found by its kind, its
 * direction and its number among such rules. Of the older list, reads the numbers and not the
 * edges, so the older draft may be freed.
 */
size_t policy_rule_find_again(const struct draft_rules *rules, const struct draft_rules *old,
			      size_t index);

#endif
