/* SPDX-License-Identifier: Apache-2.0 */
/* The list in which the user chooses the columns of the table of connections, and their order. Only
 * for the main thread. */
#ifndef POLECAT_TUI_DASHBOARD_MENUS_COLUMN_MENU_H
#define POLECAT_TUI_DASHBOARD_MENUS_COLUMN_MENU_H

#include "tui/dashboard/menus/popup.h"
#include "tui/dashboard/table/connections.h"

struct column_menu_row {
	const struct column *column;
	bool on; /* the column is shown */
};

/* Item 0 of the list lets polecat choose; the others are `items`, all columns of the table.
 * Zero-initialise. */
struct column_menu {
	struct connections *table;
	struct column_menu_row items[COLUMN_MAX];
	size_t count;
	struct column_list before; /* the choice before the list was opened */
};

/* Reads the columns that the settings choose. The list of themes reports faults of the settings. */
void column_menu_read(struct connections *table);

/* Opens the list. Each change shows at once; Enter saves it in the settings. */
void column_menu_open(struct popup *popup, struct context *context, struct column_menu *menu,
		      struct connections *table);

#endif
