/* SPDX-License-Identifier: Apache-2.0 */
/* The NetworkPolicy draft of the workload of the subject. A view (see view.h). */
#ifndef POLECAT_TUI_DASHBOARD_PANES_POLICY_PANE_H
#define POLECAT_TUI_DASHBOARD_PANES_POLICY_PANE_H

#include "tui/dashboard/panes/line_list.h"
#include "tui/dashboard/view/view.h"

struct policy_pane;

extern const struct view_operations policy_pane_operations;

/* 0 or -ENOMEM. */
int policy_pane_new(struct policy_pane **out);
void policy_pane_free(struct policy_pane *pane);

/* Drafts anew for the subject of the context: the text to save, to be freed, and a file name
 * (name_size is at least 1). Returns 0, -ENODATA if nothing can be drafted, or -ENOMEM. */
int policy_pane_export(const struct context *context, char **text, size_t *length, char *name,
		       size_t name_size);

/* Returns the lines of the draft in the pane if it is that of `subject`, else NULL. Valid until
 * the next update of the pane. */
const struct line_list *policy_pane_lines(const struct policy_pane *pane,
					  const struct subject *subject);

#endif
