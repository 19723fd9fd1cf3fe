/* SPDX-License-Identifier: Apache-2.0 */
/* One list of keys: it says what a key does, it is the help page, and the footer's hints are taken
 * from it. */
#ifndef POLECAT_TUI_DASHBOARD_SCREEN_KEYMAP_H
#define POLECAT_TUI_DASHBOARD_SCREEN_KEYMAP_H

#include <stdbool.h>
#include <stddef.h>

enum action {
	ACTION_NONE = 0,
	ACTION_UP,
	ACTION_DOWN,
	ACTION_PAGE_UP,
	ACTION_PAGE_DOWN,
	ACTION_FIRST,
	ACTION_LAST,
	ACTION_LEFT,
	ACTION_RIGHT,
	ACTION_OPEN,
	ACTION_SUBJECT,
	ACTION_BACK,
	ACTION_FOLLOW,
	ACTION_PAUSE,
	ACTION_NEXT_PANE,
	ACTION_PREVIOUS_PANE,
	ACTION_ZOOM,
	ACTION_POLICY,
	ACTION_FILTER,
	ACTION_PROBLEMS,
	ACTION_HOST,
	ACTION_CLOSED,
	ACTION_NAMESPACE,
	ACTION_ONLY,
	ACTION_SORT_NEXT,
	ACTION_SORT_PREVIOUS,
	ACTION_INVERT,
	ACTION_WIDE,
	ACTION_LEAVE_OUT,
	ACTION_BRING_BACK,
	ACTION_EXPORT,
	ACTION_THEME,
	ACTION_COMMAND,
	ACTION_REDRAW,
	ACTION_HELP,
	ACTION_QUIT,
};

#define KEYMAP_KEYS 5

/* A control character's key code: CONTROL('L'). */
#define CONTROL(letter) ((letter)&0x1f)

struct key_binding {
	enum action action;
	int keys[KEYMAP_KEYS]; /* curses' key codes or characters; 0 ends the list early */
	const char *name;      /* the keys as a person writes them */
	const char *hint;      /* a word or two for the footer; NULL: not among the hints */
	const char *help;      /* one line of the help page */
};

/* A group of bindings with a heading, for the help page. */
struct key_group {
	const char *heading;
	const struct key_binding *bindings;
	size_t count;
};

/* What a key does; ACTION_NONE where it does nothing. */
enum action keymap_action(int key);

/* The groups in the order of the help page. */
size_t keymap_group_count(void);
const struct key_group *keymap_group(size_t index);

/* The binding of an action; NULL for ACTION_NONE. */
const struct key_binding *keymap_binding(enum action action);

#endif
