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
	bool moved; /* the user moved the cursor or scrolled; the list no longer moves by itself */
};

/* Sets `count` and `height` (to `rows`, but at least 1), and moves `top` and `cursor` into the
 * list. If `selects` and `moved` are set, also scrolls so that the cursor is visible. */
void list_cursor_fit(struct list_cursor *list, size_t count, int rows);

/* Puts the cursor on the first visible entry and sets `moved`. Returns false and does nothing if
 * `moved` is already set. So the first key press selects an entry, and the next one moves on. */
bool list_cursor_grab(struct list_cursor *list);

/* Selects an entry, for example the entry under the mouse. */
void list_cursor_select(struct list_cursor *list, size_t index);

/* Carries out an action that moves the cursor, or scrolls if `selects` is false. Returns false for
 * any other action. */
bool list_cursor_act(struct list_cursor *list, enum action action);

/* Sets *delta to the number of entries by which an action moves the cursor or scrolls; a negative
 * number moves up. For ACTION_FIRST and ACTION_LAST, the number is larger than the list, so the
 * caller must limit the move. Returns false if the action does neither. */
bool list_cursor_delta(const struct list_cursor *list, enum action action, long *delta);

#endif
