/* SPDX-License-Identifier: Apache-2.0 */
/* The help page, made from the table of keys. A view (see view.h); its data is a struct
 * list_cursor. */
#ifndef POLECAT_TUI_DASHBOARD_PAGES_HELP_H
#define POLECAT_TUI_DASHBOARD_PAGES_HELP_H

#include "tui/dashboard/view/view.h"

/* The widths of the keys, and of a text that fits into one line of 80 columns. Longer texts, and
 * those on narrower screens, are wrapped. */
#define HELP_KEY_WIDTH  10
#define HELP_TEXT_WIDTH 62

extern const struct view_operations help_operations;

#endif
