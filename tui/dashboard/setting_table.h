/* SPDX-License-Identifier: Apache-2.0 */
/* `:set`: the settings that the dashboard can change while it runs. */
#ifndef POLECAT_TUI_DASHBOARD_SETTING_TABLE_H
#define POLECAT_TUI_DASHBOARD_SETTING_TABLE_H

#include "tui/dashboard/dashboard_state.h"

/* Sets a setting and saves it: "KEY VALUE". For "KEY", shows its value, and for "" those of all
 * settings. Shows a message. */
void setting_table_set(struct dashboard *dashboard, const char *text);

/* Finds the items that complete KEY or VALUE of a line. The argument begins at `from`. */
void setting_table_complete(struct completion *completion, const struct input_line *line,
			    size_t from);

/* Adds the values of a setting that begin with a prefix. */
void setting_table_complete_value(struct completion *completion, const char *name,
				  const char *prefix);

/* Returns whether `:set` knows a setting. */
bool setting_table_has(const char *name);

#endif
