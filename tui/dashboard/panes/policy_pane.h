/* SPDX-License-Identifier: Apache-2.0 */
/* The pane with the NetworkPolicy draft for the subject's workload. A view (see view.h). */
#ifndef POLECAT_TUI_DASHBOARD_PANES_POLICY_PANE_H
#define POLECAT_TUI_DASHBOARD_PANES_POLICY_PANE_H

#include "core/policy/draft/draft_print.h"
#include "tui/dashboard/screen/input_line.h"
#include "tui/dashboard/view/view.h"
#include "tui/policies/policy_files.h"

/* The inputs of the draft on the screen. A draft is current while they are unchanged. */
struct policy_basis {
	const struct subject *subject;
	uint64_t revision;
	uint64_t exclusions;
	uint64_t loaded_ns; /* of the loaded policies, whose names the draft avoids */
	uint64_t workloads;
	uint64_t lost;
};

/* Zero-initialise; free with policy_pane_clear. */
struct policy_pane {
	struct policy_basis basis;
	struct draft_set *set; /* NULL: no draft */
	size_t index;          /* of the workload's own draft in `set` */
	struct draft_text text;
	/* For each line of the text, the monotonic time until which the line is new, or 0. */
	uint64_t *marks;
	int error;
	uint64_t next_draft_ns;
	bool drafted_late; /* the draft was made during a pause, from the records until then */
	bool split; /* the pane shows evidence beside the draft, and the draft has a cursor */
	struct list_cursor list;
	size_t height;                /* the height of the list at the last update */
	char search[INPUT_LINE_SIZE]; /* the text to find; "": none */
	size_t match;                 /* the line of the last match */
	/* Where the search began, for policy_pane_end_search. */
	struct list_cursor search_start;
};

extern const struct view_operations policy_pane_operations;

void policy_pane_clear(struct policy_pane *pane);

/* Makes a new draft for the subject of the context. *text is the text to save, which the caller
 * frees. `name` receives the file name that `polecat policy -d` uses, too. Returns 0, -ENODATA if
 * nothing can be drafted, or -ENOMEM. */
int policy_pane_export(const struct context *context, char **text, size_t *length,
		       char name[POLICY_FILE_NAME_SIZE]);

/* Begins a search at the first visible line, or at the cursor. */
void policy_pane_start_search(struct policy_pane *pane);

/* Goes to the first line with the text, from the start of the search on, and marks the matches.
 * Returns false if no line has it. */
bool policy_pane_search(struct policy_pane *pane, const char *text);

/* Forgets the text. `back` also returns to the start of the search. */
void policy_pane_end_search(struct policy_pane *pane, bool back);

/* Returns the text of the pane's draft if the draft is for `subject`, else "". The text is valid
 * until the next update of the pane. */
const char *policy_pane_text(const struct policy_pane *pane, const struct subject *subject);

#endif
