/* SPDX-License-Identifier: Apache-2.0 */
/* Reads keys, pastes and the mouse, and passes them on. */
#ifndef POLECAT_TUI_DASHBOARD_INPUT_H
#define POLECAT_TUI_DASHBOARD_INPUT_H

#include "tui/dashboard/dashboard_state.h"

/* Handles all input that has arrived. Sets dashboard->quitting when a key quits. */
void dashboard_input(struct dashboard *dashboard);

#endif
