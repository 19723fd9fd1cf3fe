/* SPDX-License-Identifier: Apache-2.0 */
/* Draws a list of edges on a page, with their figures. Each row is a link to its edge. */
#ifndef POLECAT_TUI_DASHBOARD_PAGES_PAGE_EDGES_H
#define POLECAT_TUI_DASHBOARD_PAGES_PAGE_EDGES_H

#include <stddef.h>

#include "tui/dashboard/pages/page.h"
#include "tui/dashboard/panes/edge_row.h"

/* The end of an edge that its row names. */
enum page_edges_by {
	PAGE_EDGES_BY_PEER = 0,
	PAGE_EDGES_BY_SUBJECT,
};

void page_edges(struct page *page, const struct edge_row *rows, size_t count,
		enum page_edges_by by);

#endif
