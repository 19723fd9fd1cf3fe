/* SPDX-License-Identifier: Apache-2.0 */
/* The prompts of the dashboard: filter, command line, and the name of a file to save. */
#ifndef POLECAT_TUI_DASHBOARD_PROMPTS_H
#define POLECAT_TUI_DASHBOARD_PROMPTS_H

#include "tui/dashboard/dashboard_state.h"

void dashboard_ask_search(struct dashboard *dashboard);
void dashboard_ask_filter(struct dashboard *dashboard);
void dashboard_ask_command(struct dashboard *dashboard);

/* Saves the draft to `path`, but asks before it replaces a file. If `path` is NULL, proposes a name
 * that the user can edit. */
void dashboard_export(struct dashboard *dashboard, const char *path);

/* Passes a key to the open prompt. `is_code` is set if the key is a KEY_ constant of curses. */
void dashboard_prompt_key(struct dashboard *dashboard, bool is_code, wchar_t key);

/* The reason why a filter was refused. */
struct filter_mistake {
	char why[256];
	size_t at; /* the offset in the text, or PROMPT_NO_PLACE */
};

/* Sets the filter. Returns 0. On an error, returns -errno with *mistake filled in, and keeps the
 * old filter. */
int dashboard_set_filter(struct dashboard *dashboard, const char *text,
			 struct filter_mistake *mistake);

/* Removes the filter. */
void dashboard_clear_filter(struct dashboard *dashboard);

#endif
