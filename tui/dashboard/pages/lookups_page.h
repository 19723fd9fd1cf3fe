/* SPDX-License-Identifier: Apache-2.0 */
/* The page of failed and slow DNS look-ups, per pod, container or program. A view (see view.h). */
#ifndef POLECAT_TUI_DASHBOARD_PAGES_LOOKUPS_PAGE_H
#define POLECAT_TUI_DASHBOARD_PAGES_LOOKUPS_PAGE_H

#include "tui/dashboard/pages/lookup_rows.h"
#include "tui/dashboard/view/view.h"

/* Zero-initialise. Free with lookup_rows_clear(&page->rows). */
struct lookups_page {
	struct lookup_rows rows;
	struct list_cursor scroll;
	uint64_t next_ns; /* the next time to collect; CLOCK_MONOTONIC */
};

/* Collects the look-ups at the next update, even if the screen is paused. */
void lookups_page_open(struct lookups_page *page);

extern const struct view_operations lookups_page_operations;

#endif
