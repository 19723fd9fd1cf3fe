/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Maps roles to colours. Only this module of the dashboard names colours. Depending on the
 * terminal, it uses direct colour, 256, 16 or 8 colours, or bold, dim and reverse.
 */
#ifndef POLECAT_TUI_DASHBOARD_SCREEN_THEME_H
#define POLECAT_TUI_DASHBOARD_SCREEN_THEME_H

#include <curses.h>
#include <stdbool.h>

enum role {
	ROLE_TEXT = 0,
	ROLE_DIM,         /* less prominent: closed connections, hints, units */
	ROLE_STRONG,      /* more prominent */
	ROLE_HEADER,      /* the first line */
	ROLE_TITLE,       /* a pane's title */
	ROLE_TITLE_FOCUS, /* title of the focused pane */
	ROLE_BORDER,
	ROLE_BORDER_FOCUS,
	ROLE_COLUMN,      /* column headings */
	ROLE_COLUMN_SORT, /* the heading of the sorted column */
	ROLE_PEER,
	ROLE_HANGING,
	ROLE_FAILED,
	ROLE_DENIED, /* a loaded policy would deny the connection */
	ROLE_GOOD,   /* a healthy source, a success */
	ROLE_NEW,    /* new lines of the draft, the number of new rows */
	ROLE_EGRESS,
	ROLE_INGRESS,
	ROLE_GRAPH,
	ROLE_KEY, /* a key in a hint */
	ROLE_FILTER,
	ROLE_NOTE, /* a message that is not an error */
	ROLE_ERROR,
	ROLE_POLICY_KEY, /* a key in the YAML of a draft */
	ROLE_POLICY_COMMENT,
	ROLE_PAUSED,
	ROLE_COUNT,
};

/*
 * Selects a theme: "dark", "light", or "mono". Call it after curses has started. `no_color` (the
 * variable NO_COLOR is set) makes every theme "mono". Returns false if no theme has the name.
 */
bool theme_select(const char *name, bool no_color);

/*
 * Returns the name of the theme to start with: the value of the option --theme, else of the
 * variable POLECAT_THEME, else the theme that suits the background in COLORFGBG ("15;0": white on
 * black), as terminals such as rxvt and Konsole set it. Each may be NULL. The name may be of no
 * theme. Pure.
 */
const char *theme_choose(const char *option, const char *variable, const char *colorfgbg);

/* Gets the colour of a role, and the background of the selection, in a theme with colours: numbers
 * of xterm's 256 colours, or -1 for the terminal's own colour. Returns false for other names.
 * Pure. */
bool theme_colours(const char *name, enum role role, int *colour, int *background);

/* Returns the name of the theme after the current one. */
const char *theme_next(void);

/* Returns the attributes of a role, on the selection's background if `selected` is set. */
attr_t theme_attributes(enum role role, bool selected);

/* Returns one of xterm's 256 colours as 0xRRGGBB. Pure. */
unsigned int theme_rgb(int colour);

#endif
