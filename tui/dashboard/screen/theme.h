/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Maps roles to colours. Only this module of the dashboard names colours. Depending on the
 * terminal, it uses direct colour, 256, 16 or 8 colours, or bold, dim and reverse.
 */
#ifndef POLECAT_TUI_DASHBOARD_SCREEN_THEME_H
#define POLECAT_TUI_DASHBOARD_SCREEN_THEME_H

#include <stdbool.h>

#include "tui/dashboard/screen/scheme.h"

/* The kind of the terminal's background, as far as it is known. */
enum theme_ground {
	THEME_GROUND_UNKNOWN = 0,
	THEME_GROUND_DARK,
	THEME_GROUND_LIGHT,
};

/*
 * Selects the colours of all roles. Call it after curses has started. `no_color` (the variable
 * NO_COLOR is set) makes every scheme monochrome.
 *
 * The background of a scheme is painted, unless the scheme may use the terminal's background and
 * both are dark or both are light. For this, an unknown background counts as dark. With fewer than
 * 256 colours, no background is painted, and the roles have colours of the terminal that suit its
 * background.
 */
void theme_select(const struct scheme *scheme, bool no_color);

/* Sets the kind of the terminal's background, and selects the colours of the present scheme
 * again. */
void theme_set_ground(enum theme_ground ground);

/*
 * theme_ground_of_variable reads the variable COLORFGBG ("15;0": white on black), which terminals
 * such as rxvt and Konsole set. theme_ground_of_answer reads the terminal's answer to OSC 11
 * ("11;rgb:ffff/ffff/ffff", xterm's control sequences). Both return the kind of the terminal's
 * background, or THEME_GROUND_UNKNOWN for another text or NULL. Pure.
 */
enum theme_ground theme_ground_of_variable(const char *colorfgbg);
enum theme_ground theme_ground_of_answer(const char *answer);

/*
 * Returns the name of the theme to start with: the value of the option --theme, else of the
 * variable POLECAT_THEME, else of the settings. Each may be NULL or "". If none is given, returns
 * NULL, and the caller uses theme_suiting. There may be no theme with this name. Pure.
 */
const char *theme_choose(const char *option, const char *variable, const char *setting);

/* Returns the name of the theme for a background. */
const char *theme_suiting(enum theme_ground ground);

/* Returns the attributes of a role, on the selection's background if `selected` is set. */
attr_t theme_attributes(enum role role, bool selected);

#endif
