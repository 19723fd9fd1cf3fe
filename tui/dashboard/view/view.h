/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A view: something that fills a part of the screen and that keys go to. A const table of
 * operations and an object; the dashboard knows nothing more of what it shows.
 */
#ifndef POLECAT_TUI_DASHBOARD_VIEW_VIEW_H
#define POLECAT_TUI_DASHBOARD_VIEW_VIEW_H

#include <stdbool.h>

#include "tui/dashboard/screen/canvas.h"
#include "tui/dashboard/screen/keymap.h"
#include "tui/dashboard/view/context.h"

struct view_operations {
	const char *name;       /* of its tab */
	const char *short_name; /* of its tab where there is little room */
	/* Takes in what has changed, before each drawing; rows: how many rows there are to draw in.
	 */
	void (*update)(void *view, struct context *context, int rows);
	/* Draws the title into a line of the border (or a tab's line), and returns the columns
	 * used. */
	int (*title)(void *view, const struct context *context, const struct canvas *canvas,
		     bool focused);
	void (*draw)(void *view, const struct context *context, const struct canvas *canvas,
		     bool focused);
	/* True: the action was for this view. */
	bool (*act)(void *view, struct context *context, enum action action);
	/* A press of the mouse on a cell of the body. */
	void (*click)(void *view, struct context *context, int row, int column);
};

struct view {
	const struct view_operations *operations;
	void *data;
};

#endif
