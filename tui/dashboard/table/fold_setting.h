/* SPDX-License-Identifier: Apache-2.0 */
/* Reads and writes the setting that says whether the table of connections is folded. */
#ifndef POLECAT_TUI_DASHBOARD_TABLE_FOLD_SETTING_H
#define POLECAT_TUI_DASHBOARD_TABLE_FOLD_SETTING_H

#include <stdbool.h>

#include "tui/dashboard/view/context.h"

/* Returns the saved choice; true if nothing was saved, or if the settings cannot be read. */
bool fold_setting_read(void);

/* Saves the choice, or shows a message with the reason why it cannot. */
void fold_setting_save(struct context *context, bool folded);

#endif
