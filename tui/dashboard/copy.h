/* SPDX-License-Identifier: Apache-2.0 */
/* `Y` and `:copy`: sends a text to the terminal's clipboard. */
#ifndef POLECAT_TUI_DASHBOARD_COPY_H
#define POLECAT_TUI_DASHBOARD_COPY_H

#include "tui/dashboard/dashboard_state.h"

/* Copies the text of the kind with this name (copy_text.h). For "", copies the draft if it has the
 * focus, else the address of the selected connection or destination. Shows a message about the
 * text, or about the reason why none was copied. */
void dashboard_copy(struct dashboard *dashboard, const char *name);

#endif
