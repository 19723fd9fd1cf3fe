/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A list over the panes, in which the user chooses an item. One component for all such lists: a
 * list is a const table of operations and an object. Items have the indices 0 to count - 1, and the
 * count does not change while the list is open.
 *
 * The keys that move in any list move the cursor, Enter chooses, Esc closes. In a list with
 * `finds`, characters are text to find: only the items that contain it are shown. There, digits
 * choose one of the first items while no text was typed. Only for the main thread.
 */
#ifndef POLECAT_TUI_DASHBOARD_MENUS_POPUP_H
#define POLECAT_TUI_DASHBOARD_MENUS_POPUP_H

#include <stdbool.h>
#include <stddef.h>
#include <wchar.h>

#include "tui/dashboard/screen/canvas.h"
#include "tui/dashboard/screen/keymap.h"
#include "tui/dashboard/view/context.h"
#include "tui/dashboard/view/list_cursor.h"

#define POPUP_TEXT_SIZE 256
#define POPUP_HINTS     5

/* The box in front of an item that can be switched on and off. */
enum popup_box {
	POPUP_BOX_NONE = 0,
	POPUP_BOX_OFF,
	POPUP_BOX_ON,
};

/* One item as it is drawn. Texts may come from outside polecat. */
struct popup_item {
	char text[POPUP_TEXT_SIZE];
	char note[POPUP_TEXT_SIZE]; /* dimmed, at the right end; "": none */
	enum popup_box box;
	bool present; /* the choice in force, which is marked */
};

/* A key that the footer shows while the list is open. */
struct popup_hint {
	enum action action; /* ACTION_NONE ends the list of hints */
	const char *text;
};

/* Operations may be NULL, except `count`, `item` and `choose`. */
struct popup_operations {
	const char *title;
	struct popup_hint hints[POPUP_HINTS];
	enum action again; /* the key that opened the list moves to the next item */
	bool finds;
	size_t (*count)(const void *data);
	/* Fills in an item. The caller has zeroed it. */
	void (*item)(const void *data, size_t index, struct popup_item *item);
	/* The cursor is on another item. */
	void (*moved)(void *data, struct context *context, size_t index);
	/* Enter was pressed on an item. Returns false to keep the list open. */
	bool (*choose)(void *data, struct context *context, size_t index);
	/* The list was closed without a choice. */
	void (*cancel)(void *data, struct context *context);
	/* Carries out another action on an item. It may change *index, to which the cursor then
	 * moves. Returns false if it does not handle the action. */
	bool (*act)(void *data, struct context *context, enum action action, size_t *index);
};

/* Zero-initialise; free with popup_clear. */
struct popup {
	const struct popup_operations *operations; /* NULL: closed */
	void *data;
	struct list_cursor list; /* of the matches */
	size_t *matches;         /* the items that contain the text, in order */
	size_t match_count;
	size_t count;
	char find[64];    /* the text to find */
	struct rect area; /* of the items, as last drawn */
};

/* Opens a list with the cursor on the choice in force, else on the first item. The object must live
 * until the list is closed. */
void popup_open(struct popup *popup, const struct popup_operations *operations, void *data,
		struct context *context);
void popup_clear(struct popup *popup);

static inline bool popup_is_open(const struct popup *popup)
{
	return popup->operations != NULL;
}

/* Handles a key while the list is open: a key code of curses if `is_code` is set, else a character.
 * `action` is the action of the key. */
void popup_key(struct popup *popup, struct context *context, bool is_code, wchar_t key,
	       enum action action);

/* Carries out an action while the list is open. */
void popup_act(struct popup *popup, struct context *context, enum action action);

/* Handles a press of the mouse on a cell of the screen: selects an item; on the selected item,
 * chooses it; outside the list, closes the list. */
void popup_click(struct popup *popup, struct context *context, int row, int column);

/* Draws the hints into the footer, in place of those of the panes. */
void popup_draw_hints(const struct popup *popup, struct canvas *line);

/* Returns the action of the hint at a column of the footer; ACTION_NONE: none is there. */
enum action popup_hint_at(const struct popup *popup, int column);

/* Draws the list over the lower right corner of the canvas. */
void popup_draw(struct popup *popup, const struct canvas *canvas);

#endif
