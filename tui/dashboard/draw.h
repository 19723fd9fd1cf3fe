/* SPDX-License-Identifier: Apache-2.0 */
/* Updates the views of the dashboard and draws the screen. */
#ifndef POLECAT_TUI_DASHBOARD_DRAW_H
#define POLECAT_TUI_DASHBOARD_DRAW_H

#include "tui/dashboard/focus.h"

/* Updates all views without drawing, so that the next key acts on current rows. */
void dashboard_update(struct dashboard *dashboard);

/* Returns the rows that a pane has when no page hides it; 0: another pane hides it. */
int dashboard_pane_rows(const struct dashboard *dashboard, enum pane pane);

/* Updates all views and draws the whole screen. */
void dashboard_draw(struct dashboard *dashboard);

#endif
