/* SPDX-License-Identifier: Apache-2.0 */
/* The texts of a rule in the policy pane. They contain names that others control: escape before
 * printing. Only for the main thread. */
#ifndef POLECAT_TUI_DASHBOARD_PANES_POLICY_RULE_TEXT_H
#define POLECAT_TUI_DASHBOARD_PANES_POLICY_RULE_TEXT_H

#include "core/policy/draft/draft_rules.h"
#include "core/state/state.h"

#define POLICY_RULE_TEXT_SIZE 1024

/* Returns the number of peers of a rule, or of destinations that are left out. */
size_t policy_rule_peer_count(const struct draft_rule *rule);

/* Writes one of them. `namespace_name` is that of the policy; NULL: none. */
void policy_rule_peer(const struct state *state, const struct draft_rule *rule,
		      const char *namespace_name, size_t index, char text[POLICY_RULE_TEXT_SIZE]);

/*
 * Writes the peers of a rule, or the destinations that are left out, in at most `width` columns:
 * "app=front, monitoring/app=prometheus, +3 more". The first one is always written.
 */
void policy_rule_peers(const struct state *state, const struct draft_rule *rule,
		       const char *namespace_name, int width, char text[POLICY_RULE_TEXT_SIZE]);

/* Writes the ports of a rule in at most `width` columns: "TCP 80,443, UDP 53", "TCP 80, +2". The
 * first one is always written. */
void policy_rule_ports(const struct draft_rule *rule, int width, char text[POLICY_RULE_TEXT_SIZE]);

/* Returns whether the user left the destinations of the rule out, with `x` or with an option. */
bool policy_rule_is_by_user(const struct draft_rule *rule);

/* Writes why a rule has no ports: "7 left out: never answered", "not restricted: …"; else "". */
void policy_rule_reason(const struct draft_rule *rule, char text[POLICY_RULE_TEXT_SIZE]);

#endif
