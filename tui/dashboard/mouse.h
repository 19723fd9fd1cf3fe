/* SPDX-License-Identifier: Apache-2.0 */
/* Carries out the actions of the mouse. */
#ifndef POLECAT_TUI_DASHBOARD_MOUSE_H
#define POLECAT_TUI_DASHBOARD_MOUSE_H

#include "tui/dashboard/dashboard_state.h"
#include "tui/dashboard/screen/mouse_report.h"

void dashboard_mouse(struct dashboard *dashboard, const struct mouse_event *event);

#endif
