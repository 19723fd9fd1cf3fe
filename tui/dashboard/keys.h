/* SPDX-License-Identifier: Apache-2.0 */
/* Reads keys and the mouse, and carries out their actions. */
#ifndef POLECAT_TUI_DASHBOARD_KEYS_H
#define POLECAT_TUI_DASHBOARD_KEYS_H

#include "tui/dashboard/dashboard_state.h"

/* Handles all keys that have arrived. Sets dashboard->quitting when one of them quits. */
void dashboard_keys(struct dashboard *dashboard);

#endif
