/* SPDX-License-Identifier: Apache-2.0 */
/* A page about one pod (or container, or program): who it is, its last minute, what failed, where
 * it goes, its processes and its policy: a view (see view.h). */
#ifndef POLECAT_TUI_DASHBOARD_PAGES_SUBJECT_PAGE_H
#define POLECAT_TUI_DASHBOARD_PAGES_SUBJECT_PAGE_H

#include "tui/dashboard/panes/policy_pane.h"
#include "tui/dashboard/view/view.h"

struct subject_page;

extern const struct view_operations subject_page_operations;

/* The pane's draft is shown where it is the same subject's; it must outlive the page. 0 or -ENOMEM.
 */
int subject_page_new(const struct policy_pane *policy, struct subject_page **out);
void subject_page_free(struct subject_page *page);

/* The page is about this subject from now on. sequence: of one of its connections, with which the
 * page goes when its identity comes; 0: none is at hand. */
void subject_page_open(struct subject_page *page, const struct subject *subject, uint64_t sequence);

#endif
