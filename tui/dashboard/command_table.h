/* SPDX-License-Identifier: Apache-2.0 */
/* The table of the commands after `:`. */
#ifndef POLECAT_TUI_DASHBOARD_COMMAND_TABLE_H
#define POLECAT_TUI_DASHBOARD_COMMAND_TABLE_H

#include "tui/dashboard/dashboard_state.h"

/* Runs a command. Shows a message if there is no such command. */
void command_table_run(struct dashboard *dashboard, const char *text);

/* Writes the commands with their arguments. */
void command_table_list(char *text, size_t size, const char *separator);

/* Finds the items that complete a command or its argument (completion_find). `data` is the
 * dashboard. */
void command_table_complete(struct completion *completion, const struct input_line *line,
			    const void *data);

#endif
