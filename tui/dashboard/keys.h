/* SPDX-License-Identifier: Apache-2.0 */
/* Carries out the actions of keys. */
#ifndef POLECAT_TUI_DASHBOARD_KEYS_H
#define POLECAT_TUI_DASHBOARD_KEYS_H

#include "tui/dashboard/dashboard_state.h"

/* Carries out an action. Returns false if it has no meaning here. */
bool dashboard_act(struct dashboard *dashboard, enum action action);

/* Passes an action to a view. Returns false if the view does not handle it. */
bool dashboard_act_on_view(struct dashboard *dashboard, struct view view, enum action action);

/* Focuses a pane. The number may be one too high or too low: the panes are a ring. */
void dashboard_set_focus(struct dashboard *dashboard, int pane);

/* Gives the folded policy its lines again, and focuses it. */
void dashboard_show_folded(struct dashboard *dashboard);

#endif
