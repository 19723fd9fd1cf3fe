/* SPDX-License-Identifier: Apache-2.0 */
/* The prompts of the dashboard: filter, command line, and the name of a file to save. */
#ifndef POLECAT_TUI_DASHBOARD_PROMPTS_H
#define POLECAT_TUI_DASHBOARD_PROMPTS_H

#include "tui/dashboard/dashboard_state.h"

void dashboard_ask_search(struct dashboard *dashboard);
void dashboard_ask_filter(struct dashboard *dashboard);
void dashboard_ask_command(struct dashboard *dashboard);

/* Passes a key to the open prompt. `is_code` is set if the key is a KEY_ constant of curses. */
void dashboard_prompt_key(struct dashboard *dashboard, bool is_code, wchar_t key);

#endif
