/* SPDX-License-Identifier: Apache-2.0 */
/* A view fills a part of the screen and handles keys: a const table of operations and an object. */
#ifndef POLECAT_TUI_DASHBOARD_VIEW_VIEW_H
#define POLECAT_TUI_DASHBOARD_VIEW_VIEW_H

#include <stdbool.h>

#include "tui/dashboard/screen/canvas.h"
#include "tui/dashboard/screen/keymap.h"
#include "tui/dashboard/view/context.h"

struct view_operations {
	const char *name;       /* of its tab */
	const char *short_name; /* of its tab where there is little room */
	/* Updates the view before each drawing; rows: the height of its body. */
	void (*update)(void *view, struct context *context, int rows);
	/* Draws the title into a border line (or the line of tabs). Returns the columns used. */
	int (*title)(void *view, const struct context *context, const struct canvas *canvas,
		     bool focused);
	void (*draw)(void *view, const struct context *context, const struct canvas *canvas,
		     bool focused);
	/* Carries out an action. Returns false if the view does not handle it. */
	bool (*act)(void *view, struct context *context, enum action action);
	/* Handles a press of the mouse on a cell of the body. May be NULL. */
	void (*click)(void *view, struct context *context, int row, int column);
};

struct view {
	const struct view_operations *operations;
	void *data;
};

#endif
