/* SPDX-License-Identifier: Apache-2.0 */
/* The page of one pod, container or program: identity, last minute, failures, destinations,
 * processes and policies. A view (see view.h). */
#ifndef POLECAT_TUI_DASHBOARD_PAGES_SUBJECT_PAGE_H
#define POLECAT_TUI_DASHBOARD_PAGES_SUBJECT_PAGE_H

#include "tui/dashboard/panes/policy_pane.h"
#include "tui/dashboard/view/view.h"

struct subject_page;

extern const struct view_operations subject_page_operations;

/* The page shows the draft of the pane if both have the same subject. The pane must outlive the
 * page. Returns 0 or -ENOMEM. */
int subject_page_new(const struct policy_pane *policy, struct subject_page **out);
void subject_page_free(struct subject_page *page);

/* Shows a subject from now on. sequence names one of its connections: the page follows that
 * connection when its identity becomes known; 0: no connection. */
void subject_page_open(struct subject_page *page, const struct subject *subject, uint64_t sequence);

#endif
