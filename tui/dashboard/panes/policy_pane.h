/* SPDX-License-Identifier: Apache-2.0 */
/* The pane with the NetworkPolicy draft for the subject's workload, as rules or as YAML, and the
 * evidence for the rule at the cursor. A view (see view.h). */
#ifndef POLECAT_TUI_DASHBOARD_PANES_POLICY_PANE_H
#define POLECAT_TUI_DASHBOARD_PANES_POLICY_PANE_H

#include "tui/dashboard/panes/policy_draft.h"
#include "tui/dashboard/panes/policy_evidence.h"
#include "tui/dashboard/panes/policy_rules.h"
#include "tui/dashboard/panes/policy_yaml.h"
#include "tui/dashboard/screen/input_line.h"
#include "tui/dashboard/view/view.h"

/* From this height on, the draft is shown as YAML unless the user chose otherwise. Fewer lines of
 * YAML show hardly any facts. */
#define POLICY_YAML_ROWS 16

enum policy_form {
	POLICY_FORM_BY_HEIGHT = 0,
	POLICY_FORM_RULES,
	POLICY_FORM_YAML,
};

/* Zero-initialise; free with policy_pane_clear. */
struct policy_pane {
	struct policy_draft draft;
	struct policy_rules rules;
	struct policy_yaml yaml;
	struct policy_evidence evidence;
	uint64_t evidence_version;    /* of the draft whose evidence is shown */
	enum policy_form chosen;      /* by the user */
	enum policy_form form;        /* the form that is shown; never POLICY_FORM_BY_HEIGHT */
	bool split;                   /* the pane shows evidence beside the draft */
	int left;                     /* the first column of that evidence, as last drawn */
	int above;                    /* rows of text above the rules, as last drawn */
	char search[INPUT_LINE_SIZE]; /* the text to find; "": none */
	size_t match;                 /* the line or rule of the last match */
	/* Where the search began, for policy_pane_end_search. */
	struct list_cursor search_start;
};

extern const struct view_operations policy_pane_operations;

void policy_pane_clear(struct policy_pane *pane);

/* Shows the draft in another form. Keeps its place in the former form. */
void policy_pane_choose(struct policy_pane *pane, enum policy_form form);

/* Returns the list that the cursor keys move. */
struct list_cursor *policy_pane_scroll(struct policy_pane *pane);

/* Moves the cursor into the evidence for the rule at the cursor. Returns false if the cursor is
 * there already, or if there is no evidence. */
bool policy_pane_enter(struct policy_pane *pane);

/* Returns the destination at the cursor in the evidence; NULL: the cursor is not there. */
const struct edge *policy_pane_destination(const struct policy_pane *pane);

/* Begins a search at the first visible line, or at the cursor. */
void policy_pane_start_search(struct policy_pane *pane);

/* Goes to the first line with the text, from the start of the search on, and marks the matches.
 * Returns false if no line has it. */
bool policy_pane_search(struct policy_pane *pane, const struct context *context, const char *text);

/* Forgets the text. `back` also returns to the start of the search. */
void policy_pane_end_search(struct policy_pane *pane, bool back);

/* Returns the text of the pane's draft if the draft is for `subject`, else "". The text is valid
 * until the next update of the pane. */
const char *policy_pane_text(const struct policy_pane *pane, const struct subject *subject);

#endif
