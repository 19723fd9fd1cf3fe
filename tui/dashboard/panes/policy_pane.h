/* SPDX-License-Identifier: Apache-2.0 */
/* The NetworkPolicy that is being drafted for the subject's workload: a view (see view.h). */
#ifndef POLECAT_TUI_DASHBOARD_PANES_POLICY_PANE_H
#define POLECAT_TUI_DASHBOARD_PANES_POLICY_PANE_H

#include "tui/dashboard/panes/line_list.h"
#include "tui/dashboard/view/view.h"

struct policy_pane;

extern const struct view_operations policy_pane_operations;

/* 0 or -ENOMEM. */
int policy_pane_new(struct policy_pane **out);
void policy_pane_free(struct policy_pane *pane);

/*
 * A fresh draft for the context's subject, as the text to save, and a file name for it (at least 1
 * byte of room). 0, -ENODATA (there is nothing to draft) or -ENOMEM. *text is to be freed.
 */
int policy_pane_export(const struct context *context, char **text, size_t *length, char *name,
		       size_t name_size);

/* The lines of the draft that the pane shows, if it is the subject's; NULL else. Valid until the
 * pane's next update. */
const struct line_list *policy_pane_lines(const struct policy_pane *pane,
					  const struct subject *subject);

#endif
