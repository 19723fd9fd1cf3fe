/* SPDX-License-Identifier: Apache-2.0 */
/* A view fills a part of the screen and handles keys. It is an object with a const table of
 * operations. */
#ifndef POLECAT_TUI_DASHBOARD_VIEW_VIEW_H
#define POLECAT_TUI_DASHBOARD_VIEW_VIEW_H

#include <stdbool.h>

#include "tui/dashboard/screen/canvas.h"
#include "tui/dashboard/screen/keymap.h"
#include "tui/dashboard/view/context.h"
#include "tui/dashboard/view/links.h"
#include "tui/dashboard/view/list_cursor.h"

/* Operations may be NULL, except `title` and `draw`. */
struct view_operations {
	const char *name;       /* the name on the pane's tab */
	const char *short_name; /* the name on the tab of a narrow screen */
	enum key_place hints;   /* selects the hints in the footer */
	/* Updates the view before each drawing. `rows` is the height of its body. */
	void (*update)(void *view, struct context *context, int rows);
	/* Adds the title to a border line (or the line of tabs). */
	void (*title)(const void *view, const struct context *context, struct canvas *line);
	void (*draw)(void *view, const struct context *context, const struct canvas *canvas);
	/* Carries out an action. Returns false if the view does not handle it. */
	bool (*act)(void *view, struct context *context, enum action action);
	/* Handles a press of the mouse on a cell of the body. Returns true if it selected a row,
	 * which a second press opens. */
	bool (*click)(void *view, struct context *context, int row, int column);
};

struct view {
	const struct view_operations *operations;
	void *data;
	/* The scroll position; NULL: the view handles scrolling itself. The dashboard changes the
	 * position for keys and after a resize, and shows it in the title. The view's `draw` or
	 * `update` sets scroll->count. */
	struct list_cursor *scroll;
	struct links *links; /* of a page; NULL: a pane, or a page without links */
};

#endif
