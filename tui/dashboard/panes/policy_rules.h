/* SPDX-License-Identifier: Apache-2.0 */
/* Shows a draft as rules, for the policy pane: one line for each rule, with its direction, peers,
 * ports and evidence, and one line for each reason for which destinations are left out. Only for
 * the main thread. */
#ifndef POLECAT_TUI_DASHBOARD_PANES_POLICY_RULES_H
#define POLECAT_TUI_DASHBOARD_PANES_POLICY_RULES_H

#include "core/policy/draft/draft_rules.h"
#include "tui/dashboard/panes/policy_draft.h"
#include "tui/dashboard/screen/canvas.h"
#include "tui/dashboard/view/list_cursor.h"

/* Facts about a rule of the list besides those of struct draft_rule. */
struct policy_rule_row {
	uint64_t mark_ns; /* monotonic time at which a part of the rule was new; 0: not new */
	int peers_need;   /* columns of the peers and of the ports, up to a limit */
	int ports_need;
};

/* Zero-initialise; free with policy_rules_clear, before the draft. */
struct policy_rules {
	struct draft_rules rules;
	struct policy_rule_row *rows; /* one for each rule */
	uint64_t version;             /* of the draft that is listed */
	struct list_cursor list;
};

void policy_rules_clear(struct policy_rules *rules);

/* Lists the draft if it changed. The cursor stays on its rule, and the rule in its row. Until the
 * user moves the cursor, it is on the first fresh rule, or on the first one. Returns 0 or -ENOMEM.
 */
int policy_rules_update(struct policy_rules *rules, const struct policy_draft *draft,
			const struct context *context);

/* Fits the list to the height of the pane. */
void policy_rules_fit(struct policy_rules *rules, const struct context *context, int rows);

/* Forgets the cursor, for another subject. */
void policy_rules_restart(struct policy_rules *rules);

/* Returns the columns that the widest rule needs. */
int policy_rules_need(const struct policy_rules *rules, const struct context *context);

/* Returns the rule at the cursor; NULL: there are no rules. */
const struct draft_rule *policy_rules_at(const struct policy_rules *rules);

/* Returns the rule of the policy with a direction and an index; NULL: none. */
const struct draft_rule *policy_rules_find(const struct policy_rules *rules, uint8_t direction,
					   uint32_t index);

void policy_rules_draw(const struct policy_rules *rules, const struct policy_draft *draft,
		       const struct context *context, const struct canvas *canvas,
		       const char *search);

/* Writes one line for each rule with all its texts, to search in. The texts are escaped like those
 * on the screen, so none of them ends a line. The caller frees *text. Returns 0 or -ENOMEM. */
int policy_rules_print(const struct policy_rules *rules, const struct policy_draft *draft,
		       const struct context *context, char **text);

#endif
