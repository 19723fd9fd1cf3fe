/* SPDX-License-Identifier: Apache-2.0 */
/* Chooses the theme of the dashboard, and lets the user choose it. Only for the main thread. */
#ifndef POLECAT_TUI_DASHBOARD_APPEARANCE_H
#define POLECAT_TUI_DASHBOARD_APPEARANCE_H

#include <stdbool.h>

#include "tui/dashboard/menus/popup.h"
#include "tui/dashboard/screen/theme.h"
#include "tui/dashboard/screen/theme_files.h"
#include "tui/dashboard/view/context.h"

/* Zero-initialise. */
struct appearance {
	bool no_color;
	bool follows_terminal; /* the user has chosen no theme */
	bool terminal_answered;
	char theme[THEME_NAME_SIZE];
	/* The list of themes. It is open while `names` has names. */
	struct theme_names names;
	char theme_before[THEME_NAME_SIZE];
	char why[THEME_WHY_SIZE]; /* why the theme under the cursor cannot be shown; "": it can */
};

/* Selects the theme to start with: that of --theme, POLECAT_THEME or the settings, else the one
 * that suits the background according to COLORFGBG. Reports faults of the settings and the theme.
 * Call it after curses has started. */
void appearance_start(struct appearance *appearance, struct context *context);
void appearance_clear(struct appearance *appearance);

/* Handles an answer of the terminal (KEY_EVENT_ANSWER). Its background decides the theme if the
 * user has chosen none, and whether the theme paints its own. */
void appearance_handle_answer(struct appearance *appearance, struct context *context,
			      const char *answer);

/* Selects a theme and saves it in the settings, or reports why it cannot. */
void appearance_set_theme(struct appearance *appearance, struct context *context, const char *name);

/* Opens the list of themes. The theme under the cursor is shown at once. */
void appearance_pick(struct appearance *appearance, struct context *context, struct popup *popup);

#endif
