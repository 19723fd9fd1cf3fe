/* SPDX-License-Identifier: Apache-2.0 */
/* Saves drafts: asks for the name of the file, and before it replaces files. */
#ifndef POLECAT_TUI_DASHBOARD_EXPORT_PROMPT_H
#define POLECAT_TUI_DASHBOARD_EXPORT_PROMPT_H

#include "tui/dashboard/dashboard_state.h"

/* Saves the draft to `path`, but asks before it replaces a file. If `path` is NULL, proposes a name
 * that the user can edit. */
void dashboard_export(struct dashboard *dashboard, const char *path);

/* Acts on a key in the prompt for the name, and in the question whether to replace files. */
void export_prompt_key(struct dashboard *dashboard, enum prompt_result result);
void export_prompt_replace_key(struct dashboard *dashboard, enum prompt_result result);

#define DASHBOARD_PATH_SIZE (INPUT_LINE_SIZE + 256)

/* Expands a leading "~/" as a shell does. */
void dashboard_expand_path(const char *text, char path[DASHBOARD_PATH_SIZE]);

#endif
