/* SPDX-License-Identifier: Apache-2.0 */
/* Shows the evidence for one rule of a draft, for the policy pane: the destinations on which the
 * rule is based, or that are left out. Only for the main thread. */
#ifndef POLECAT_TUI_DASHBOARD_PANES_POLICY_EVIDENCE_H
#define POLECAT_TUI_DASHBOARD_PANES_POLICY_EVIDENCE_H

#include "core/policy/draft/draft_rules.h"
#include "tui/dashboard/screen/canvas.h"
#include "tui/dashboard/view/context.h"
#include "tui/dashboard/view/list_cursor.h"

/* A destination, with its numbers at the time when the rules were listed. */
struct evidence_row {
	const struct edge *edge;
	const char *detail; /* of its struct draft_left_out; NULL: none */
	uint64_t connections;
	uint64_t failed;
	uint64_t last_ns;
};

/* Zero-initialise; free with policy_evidence_clear. */
struct policy_evidence {
	struct draft_rule rule; /* kind 0: none. Its pointers are valid until the next draft. */
	struct evidence_row *rows;
	size_t count;
	size_t capacity;
	struct list_cursor list;
	bool entered; /* the cursor of the pane is in this list */
	int heading;  /* rows above the list */
};

void policy_evidence_clear(struct policy_evidence *evidence);

/*
 * Shows the evidence for a rule (NULL: none) of the latest draft. The busiest destination comes
 * first. If `same` is set, the rule is the one that is shown now, in a newer draft. Rows then keep
 * their places while the cursor is in the list, and new rows follow. Returns 0 or -ENOMEM.
 */
int policy_evidence_show(struct policy_evidence *evidence, const struct draft_rule *rule,
			 bool same);

/* Returns whether the evidence is for this rule. If `current` is not set, the evidence is of an
 * older draft. The rule then counts as the same if the two have a destination in common. */
bool policy_evidence_is_for(const struct policy_evidence *evidence, const struct draft_rule *rule,
			    bool current);

/* Fits the list to the height of the pane. */
void policy_evidence_fit(struct policy_evidence *evidence, int rows);

/* Returns the destination at the cursor; NULL: the cursor is not in the list. */
const struct edge *policy_evidence_at(const struct policy_evidence *evidence);

void policy_evidence_draw(const struct policy_evidence *evidence, const struct context *context,
			  const struct canvas *canvas);

#endif
