/* SPDX-License-Identifier: Apache-2.0 */
/* Chooses the theme of the dashboard. Only for the main thread. */
#ifndef POLECAT_TUI_DASHBOARD_APPEARANCE_H
#define POLECAT_TUI_DASHBOARD_APPEARANCE_H

struct dashboard;

/* Selects the theme to start with. If the user has chosen none, the theme suits the terminal's
 * background according to COLORFGBG. Call it after curses has started. */
void appearance_start(struct dashboard *dashboard);

/* Handles an answer of the terminal (KEY_EVENT_ANSWER). Its background decides the theme if the
 * user has chosen none, and whether the theme paints its own. */
void appearance_handle_answer(struct dashboard *dashboard, const char *answer);

/* Selects a theme, or reports that no theme has this name. */
void appearance_set_theme(struct dashboard *dashboard, const char *name);

#endif
