/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Maps roles to colours. Only this module of the dashboard names colours. Depending on the
 * terminal, it uses direct colour, 256, 16 or 8 colours, or bold, dim and reverse.
 */
#ifndef POLECAT_TUI_DASHBOARD_SCREEN_THEME_H
#define POLECAT_TUI_DASHBOARD_SCREEN_THEME_H

#include <curses.h>
#include <stdbool.h>
#include <stdint.h>

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

/* The kind of the terminal's background, as far as it is known. */
enum theme_ground {
	THEME_GROUND_UNKNOWN = 0,
	THEME_GROUND_DARK,
	THEME_GROUND_LIGHT,
};

/*
 * Selects a theme: "dark", "light", or "mono". Call it after curses has started. `no_color` (the
 * variable NO_COLOR is set) makes every theme "mono". Returns false if no theme has the name.
 *
 * A theme with colours uses the terminal's background if it is of the theme's kind. Otherwise it
 * paints its own, if the terminal has 256 colours. With fewer colours, a theme uses those that suit
 * the terminal's background.
 */
bool theme_select(const char *name, bool no_color);

/* Sets the kind of the terminal's background, and draws the selected theme accordingly. */
void theme_set_ground(enum theme_ground ground);

/*
 * Return the kind of the terminal's background according to the variable COLORFGBG ("15;0": white
 * on black), as terminals such as rxvt and Konsole set it, and to the terminal's answer to OSC 11
 * ("11;rgb:ffff/ffff/ffff", xterm's control sequences). Return THEME_GROUND_UNKNOWN for another
 * text or NULL. Pure.
 */
enum theme_ground theme_ground_of_variable(const char *colorfgbg);
enum theme_ground theme_ground_of_answer(const char *answer);

/*
 * Returns the name of the theme to start with: the value of the option --theme, else of the
 * variable POLECAT_THEME, else NULL: theme_suiting. Each may be NULL. The name may be of no theme.
 * Pure.
 */
const char *theme_choose(const char *option, const char *variable);

/* Returns the name of the theme for a background. */
const char *theme_suiting(enum theme_ground ground);

/* Gets the colours (0xRRGGBB) of a role, of the theme's background, and of the selection in a theme
 * with colours. Returns false for other names. Pure. */
bool theme_colours(const char *name, enum role role, uint32_t *colour, uint32_t *background,
		   uint32_t *selection);

/* Returns the name of the theme after the current one. */
const char *theme_next(void);

/* Returns the attributes of a role, on the selection's background if `selected` is set. */
attr_t theme_attributes(enum role role, bool selected);

#endif
