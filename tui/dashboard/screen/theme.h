/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Colours by their role. No other file of the dashboard names a colour: each asks for the
 * attributes of a role, and this one maps roles to what the terminal can do: direct colour, 256, 16
 * or 8 colours, or bold, dim and reverse alone.
 */
#ifndef POLECAT_TUI_DASHBOARD_SCREEN_THEME_H
#define POLECAT_TUI_DASHBOARD_SCREEN_THEME_H

#include <curses.h>
#include <stdbool.h>
#include <stddef.h>

enum role {
	ROLE_TEXT = 0,
	ROLE_DIM,         /* of less weight: closed connections, hints, units */
	ROLE_STRONG,      /* of more weight */
	ROLE_HEADER,      /* the first line */
	ROLE_TITLE,       /* a pane's title */
	ROLE_TITLE_FOCUS, /* that of the pane with the focus */
	ROLE_BORDER,
	ROLE_BORDER_FOCUS,
	ROLE_COLUMN,      /* column headings */
	ROLE_COLUMN_SORT, /* the heading of the sorted column */
	ROLE_PEER,
	ROLE_HANGING,
	ROLE_FAILED,
	ROLE_DENIED, /* a loaded policy would deny it */
	ROLE_GOOD,   /* a healthy source, a success */
	ROLE_NEW,    /* a new line of the policy, new rows */
	ROLE_EGRESS,
	ROLE_INGRESS,
	ROLE_GRAPH,
	ROLE_KEY, /* a key in a hint */
	ROLE_FILTER,
	ROLE_NOTE, /* a message that is no error */
	ROLE_ERROR,
	ROLE_POLICY_KEY, /* YAML: keys */
	ROLE_POLICY_COMMENT,
	ROLE_PAUSED,
	ROLE_COUNT,
};

/*
 * Makes a theme the current one: "dark", "light", or "mono". Call after curses has started.
 * no_color: NO_COLOR is set, which makes any theme "mono". False: no such theme, nothing changed.
 */
bool theme_select(const char *name, bool no_color);

/* The name of the theme that comes after the current one. */
const char *theme_next(void);

/* The attributes to draw a role with; selected: on the selection's background. */
attr_t theme_attributes(enum role role, bool selected);

/* The red, green and blue (0 to 255) of one of xterm's 256 colours, as 0xRRGGBB. Pure. */
unsigned int theme_rgb(int colour);

#endif
