/* SPDX-License-Identifier: Apache-2.0 */
/* The page of one destination (or client) of a pod, container or program: its counts, the facts
 * about its failures, the verdict of the policies, and its place in the draft. A view (see
 * view.h). */
#ifndef POLECAT_TUI_DASHBOARD_PAGES_DESTINATION_PAGE_H
#define POLECAT_TUI_DASHBOARD_PAGES_DESTINATION_PAGE_H

#include "core/state/diagnosis.h"
#include "tui/dashboard/view/view.h"

/* Zero-initialise; nothing to free. */
struct destination_page {
	const struct edge *edge;
	struct edge shown; /* a copy to draw, frozen by a pause; only its numbers are valid */
	struct diagnosis facts;
	struct list_cursor scroll;
};

extern const struct view_operations destination_page_operations;

/* Shows an edge from now on. The edge is not an overflow edge. */
void destination_page_open(struct destination_page *page, const struct context *context,
			   const struct edge *edge);

#endif
