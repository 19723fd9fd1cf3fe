/* SPDX-License-Identifier: Apache-2.0 */
/* The lists of orders: the columns of the table of connections, and the orders of the summary. Only
 * for the main thread. */
#ifndef POLECAT_TUI_DASHBOARD_MENUS_SORT_MENU_H
#define POLECAT_TUI_DASHBOARD_MENUS_SORT_MENU_H

#include "tui/dashboard/menus/popup.h"
#include "tui/dashboard/summary/summary.h"
#include "tui/dashboard/table/connections.h"

/* Item 0 is the order of arrival; item i sorts by columns[i - 1]. Zero-initialise. */
struct sort_menu {
	struct connections *table;
	const struct column *columns[COLUMN_MAX];
	size_t count;
	const struct glyphs *glyphs;
};

/* Opens the list of the columns by which the table can be sorted. */
void sort_menu_open(struct popup *popup, struct context *context, struct sort_menu *menu,
		    struct connections *table);

/* Opens the list of the orders of the summary. */
void sort_menu_open_summary(struct popup *popup, struct context *context, struct summary *summary);

#endif
