/* SPDX-License-Identifier: Apache-2.0 */
/* The page of the loaded policies: their files, the verdicts on all that was seen, and the
 * destinations whose verdict the last change of the policies changed. A view (see view.h). */
#ifndef POLECAT_TUI_DASHBOARD_PAGES_POLICIES_PAGE_H
#define POLECAT_TUI_DASHBOARD_PAGES_POLICIES_PAGE_H

#include "tui/dashboard/view/view.h"

/* Zero-initialise; nothing to free. */
struct policies_page {
	struct list_cursor scroll;
};

extern const struct view_operations policies_page_operations;

#endif
