/* SPDX-License-Identifier: Apache-2.0 */
/* The list of namespaces, of which one or all are shown. Only for the main thread. */
#ifndef POLECAT_TUI_DASHBOARD_MENUS_NAMESPACE_MENU_H
#define POLECAT_TUI_DASHBOARD_MENUS_NAMESPACE_MENU_H

#include "tui/dashboard/menus/popup.h"
#include "tui/dashboard/table/connections.h"

/* The connections of a namespace when the list was opened. */
struct namespace_counts {
	const char *name; /* NULL: all that is in scope */
	uint64_t connections;
	uint64_t open;
};

/* Item 0 stands for all namespaces; the others are in the order of the alphabet. Zero-initialise;
 * free with namespace_menu_clear. */
struct namespace_menu {
	struct connections *table;
	const struct glyphs *glyphs;
	struct namespace_counts *items;
	size_t count;
	size_t capacity;
};

/* Opens the list of the namespaces that were seen. */
void namespace_menu_open(struct popup *popup, struct context *context, struct namespace_menu *menu,
			 struct connections *table);
void namespace_menu_clear(struct namespace_menu *menu);

/* Shows one namespace. Returns false if no namespace with this name was seen. */
bool namespace_menu_show(struct context *context, struct connections *table, const char *name);

#endif
