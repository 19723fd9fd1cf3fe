/* SPDX-License-Identifier: Apache-2.0 */
/* The views that the user has seen: pages with their objects, and the filters of the table. Only
 * for the main thread. */
#ifndef POLECAT_TUI_DASHBOARD_HISTORY_H
#define POLECAT_TUI_DASHBOARD_HISTORY_H

#include "tui/dashboard/dashboard_state.h"

/* Adds the present view if it is another one than the last. Call it after each key. A text that is
 * being typed, or an open list, makes no view. */
void history_note(struct dashboard *dashboard);

/* Shows the view before (-1) or after (1) the present one. Views whose connection has left the
 * table are passed over. */
void history_go(struct dashboard *dashboard, int direction);

#endif
