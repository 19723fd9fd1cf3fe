/* SPDX-License-Identifier: Apache-2.0 */
/* The page of one pod, container or program: identity, last minute, failures, destinations,
 * processes and policies. A view (see view.h). */
#ifndef POLECAT_TUI_DASHBOARD_PAGES_SUBJECT_PAGE_H
#define POLECAT_TUI_DASHBOARD_PAGES_SUBJECT_PAGE_H

#include "tui/dashboard/pages/lookup_rows.h"
#include "tui/dashboard/pages/subject_facts.h"
#include "tui/dashboard/panes/policy_pane.h"
#include "tui/dashboard/view/view.h"

/* Set `policy`, and zero-initialise the other members. Free with
 * lookup_rows_clear(&page->lookups). */
struct subject_page {
	const struct policy_pane *policy; /* has the draft of `subject` to show, if any */
	const struct subject *subject;
	uint64_t sequence; /* of a connection, see subject_page_open */
	uint64_t next_ns;  /* monotonic time of the next subject_facts_collect */
	struct subject_facts facts;
	struct lookup_rows lookups;
	struct list_cursor scroll;
};

extern const struct view_operations subject_page_operations;

/* Shows a subject from now on. `sequence` is one of its connections; 0: no connection. When the
 * identity of that connection becomes known, the page shows the connection's new subject. */
void subject_page_open(struct subject_page *page, const struct subject *subject, uint64_t sequence);

#endif
