/* SPDX-License-Identifier: Apache-2.0 */
/* The help page, made from the table of keys. A view (see view.h). */
#ifndef POLECAT_TUI_DASHBOARD_PAGES_HELP_H
#define POLECAT_TUI_DASHBOARD_PAGES_HELP_H

#include "tui/dashboard/view/list_cursor.h"
#include "tui/dashboard/view/view.h"

struct help {
	struct list_cursor scroll;
};

extern const struct view_operations help_operations;

#endif
