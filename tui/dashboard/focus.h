/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the views of the dashboard. Only for the main thread. */
#ifndef POLECAT_TUI_DASHBOARD_FOCUS_H
#define POLECAT_TUI_DASHBOARD_FOCUS_H

#include "tui/dashboard/dashboard_state.h"

/* Returns the view of a pane. */
struct view dashboard_pane(struct dashboard *dashboard, enum pane pane);

/* Returns the view that keys go to: the open page, else the focused pane. */
struct view dashboard_focus(struct dashboard *dashboard);

#endif
