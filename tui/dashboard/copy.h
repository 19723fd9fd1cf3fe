/* SPDX-License-Identifier: Apache-2.0 */
/* `Y` and `:copy`: sends a text to the terminal's clipboard. */
#ifndef POLECAT_TUI_DASHBOARD_COPY_H
#define POLECAT_TUI_DASHBOARD_COPY_H

#include "tui/dashboard/dashboard_state.h"

/* Copies what the name of a kind says (copy_text.h); "": the draft if it has the focus, else the
 * address of what is selected. Says in the message line what was copied, or why nothing was. */
void dashboard_copy(struct dashboard *dashboard, const char *name);

#endif
