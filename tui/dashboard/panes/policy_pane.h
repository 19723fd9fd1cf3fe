/* SPDX-License-Identifier: Apache-2.0 */
/* The NetworkPolicy draft of the workload of the subject. A view (see view.h). */
#ifndef POLECAT_TUI_DASHBOARD_PANES_POLICY_PANE_H
#define POLECAT_TUI_DASHBOARD_PANES_POLICY_PANE_H

#include "core/policy/draft/draft_print.h"
#include "tui/dashboard/view/view.h"

/* The inputs of the draft on the screen: a draft is current while they are unchanged. */
struct policy_basis {
	const struct subject *subject;
	uint64_t revision;
	uint64_t exclusions;
	uint64_t workloads;
	uint64_t lost;
};

/* Zero-initialise; free with policy_pane_clear. */
struct policy_pane {
	struct policy_basis basis;
	struct draft_set *set; /* NULL: no draft */
	struct draft_text text;
	uint64_t *
		marks; /* of each line of the text: the monotonic time until which it is new, or 0 */
	int error;
	uint64_t next_draft_ns;
	bool split; /* the evidence has room beside the lines, which have a cursor then */
	struct list_cursor list;
	size_t height; /* of the list at the last update */
};

extern const struct view_operations policy_pane_operations;

void policy_pane_clear(struct policy_pane *pane);

/* Makes a new draft for the subject of the context: the text to save, to be freed, and a file name
 * (name_size is at least 1). Returns 0, -ENODATA if nothing can be drafted, or -ENOMEM. */
int policy_pane_export(const struct context *context, char **text, size_t *length, char *name,
		       size_t name_size);

/* Returns the draft in the pane if it is that of `subject`, else "". Valid until the next update of
 * the pane. */
const char *policy_pane_text(const struct policy_pane *pane, const struct subject *subject);

#endif
