/* SPDX-License-Identifier: Apache-2.0 */
/* Which observed connections a rule of a drafted policy stands on. Reads state and draft; draws
 * nothing. */
#ifndef POLECAT_TUI_DASHBOARD_PANES_RULE_EVIDENCE_H
#define POLECAT_TUI_DASHBOARD_PANES_RULE_EVIDENCE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/policy/draft/draft.h"
#include "core/state/state.h"
#include "tui/dashboard/panes/line_match.h"
#include "tui/dashboard/view/exclusions.h"

/* One rule of a policy. */
struct rule_place {
	unsigned int direction; /* enum netpol_direction */
	size_t index;           /* among the rules of that direction */
};

/* The rule that a line of a printed policy belongs to. False: it belongs to none. */
bool rule_place_find(const struct line_list *lines, size_t line, struct rule_place *place);

/* The busiest first. Zero-initialise; free with rule_evidence_free. */
struct rule_evidence {
	const struct edge **edges; /* the state's */
	size_t count;
	size_t capacity;
};

/*
 * Collects the edges behind a rule of the set's policy `index`: those of every pod that the policy
 * selects, and of `subject`. What is left out of the draft is left out here. 0 or -ENOMEM, -ENOENT
 * (there is no such rule).
 */
int rule_evidence_collect(const struct state *state, const struct draft_set *set, size_t index,
			  const struct rule_place *place, const struct subject *subject,
			  const struct exclusions *exclusions, struct rule_evidence *evidence);

void rule_evidence_free(struct rule_evidence *evidence);

#endif
