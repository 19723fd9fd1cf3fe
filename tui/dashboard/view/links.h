/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The links of a page: its lines that name another thing, and the one that the user has selected.
 *
 * Drawing a page lists its links again, between links_begin and links_end. The selection is a thing
 * and not a line, so it stays on the thing while the lines of a page move. Nothing is selected at
 * first. Draws nothing. Only for the main thread.
 */
#ifndef POLECAT_TUI_DASHBOARD_VIEW_LINKS_H
#define POLECAT_TUI_DASHBOARD_VIEW_LINKS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/state/name_table.h"
#include "tui/dashboard/view/list_cursor.h"
#include "tui/dashboard/view/thing.h"

struct link {
	struct thing thing;
	size_t line; /* its first line of the page, and the line after it */
	size_t end;
};

/* A selection, as it is kept for a page that is left. Zero-initialised: nothing is selected. */
struct links_mark {
	struct thing thing;
	unsigned int nth; /* the number of links to the same thing that come before it */
};

/* Zero-initialise; free with links_clear. */
struct links {
	struct link *items; /* in the order of their lines */
	size_t count;
	size_t capacity;
	struct links_mark mark;
	unsigned int passed; /* links to mark.thing that were listed so far */
	size_t at;           /* the index of the selected link, if `found` */
	bool found;
	bool gone;    /* the selected link has left the page, and no key was pressed since */
	bool undrawn; /* the page was shown anew, and its links are not listed yet */
	struct name_table texts;
};

void links_clear(struct links *links);

/* Prepares for another page, and selects a link of it. */
void links_show(struct links *links, const struct links_mark *mark);

/* Begin and end the list. If the selected link is not listed in between, nothing is selected
 * afterwards, and `gone` is set. */
void links_begin(struct links *links);
void links_end(struct links *links);

/* Adds a link. The caller sets its member `end` when the end is known, with links_set_end. Returns
 * whether the link is selected. Without memory, the line is no link. */
bool links_add(struct links *links, const struct thing *thing, size_t line);
void links_set_end(struct links *links, size_t end);

/* Returns a copy of a text that lives as long as the links: equal texts have one copy. NULL if the
 * text is NULL or empty, and beyond LINKS_TEXTS_MAX different texts. */
#define LINKS_TEXTS_MAX 8192
const char *links_text(struct links *links, const char *text);

/* Returns the thing that is selected, or NULL. */
const struct thing *links_selected(const struct links *links);

/*
 * Carries out an action of the keyboard. Up and Down select the next link if it is on the screen,
 * else they scroll by a line. Tab and Shift-Tab (the actions for panes) select the next link
 * anywhere, and scroll to it. Actions that scroll away from the selected link end its selection.
 * Returns false for other actions, and on a page without links for Tab and Shift-Tab.
 */
bool links_act(struct links *links, struct list_cursor *scroll, enum action action);

/* Selects the link on a line of the page. Returns false if the line has no link. */
bool links_click(struct links *links, size_t line);

#endif
