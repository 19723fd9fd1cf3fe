/* SPDX-License-Identifier: Apache-2.0 */
/* Carries out the actions of the mouse. */
#ifndef POLECAT_TUI_DASHBOARD_MOUSE_H
#define POLECAT_TUI_DASHBOARD_MOUSE_H

#include "tui/dashboard/dashboard_state.h"

/* Handles the event of the mouse that curses has read. */
void dashboard_mouse(struct dashboard *dashboard);

#endif
