/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scroll position and the cursor in a list that may be longer than the screen, such as the rows
 * of a pane or the lines of a page. A list either selects an entry, which stays visible, or only
 * scrolls. Pure; only for the main thread.
 *
 * Invariants after list_cursor_fit: `cursor` is an entry (0 in an empty list), and no rows stay
 * empty at the bottom while entries are hidden above.
 */
#ifndef POLECAT_TUI_DASHBOARD_VIEW_LIST_CURSOR_H
#define POLECAT_TUI_DASHBOARD_VIEW_LIST_CURSOR_H

#include <stdbool.h>
#include <stddef.h>

#include "tui/dashboard/screen/keymap.h"

/* Zero-initialise. */
struct list_cursor {
	size_t count;  /* entries of the list */
	size_t height; /* rows on the screen, at least 1 */
	size_t top;    /* the first entry shown */
	size_t cursor; /* the selected entry, if `selects` */
	bool selects;
	bool moved; /* the user has moved, so the list keeps its place */
};

/* Sets the size of the list and of its part of the screen (`rows` may be 0 or less), and moves
 * `top` and `cursor` into the list. A cursor that the user has moved stays visible. */
void list_cursor_fit(struct list_cursor *list, size_t count, int rows);

/* Puts the cursor on the first visible entry, unless the user has moved already. Returns true if it
 * put the cursor there. So the first press of a key selects, and the next press moves. */
bool list_cursor_grab(struct list_cursor *list);

/* Selects an entry, for example the entry under the mouse. */
void list_cursor_select(struct list_cursor *list, size_t index);

/* Carries out an action that moves. Returns false if the action does not move. */
bool list_cursor_act(struct list_cursor *list, enum action action);

/* Finds the number of entries by which an action moves; a negative number moves up. For the first
 * and the last entry, the number reaches beyond the list. Returns false if the action does not
 * move. */
bool list_cursor_delta(const struct list_cursor *list, enum action action, long *delta);

#endif
