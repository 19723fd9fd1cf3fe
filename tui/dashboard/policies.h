/* SPDX-License-Identifier: Apache-2.0 */
/* Loads policies while the dashboard runs, reads them again after each save, and judges saved
 * drafts. Only for the main thread. */
#ifndef POLECAT_TUI_DASHBOARD_POLICIES_H
#define POLECAT_TUI_DASHBOARD_POLICIES_H

#include "tui/dashboard/dashboard_state.h"

/* Makes all views judge by dashboard->loaded. */
void dashboard_use_policies(struct dashboard *dashboard);

/* Loads the policies of a file or folder in place of the present ones, and shows a message with the
 * outcome. */
void dashboard_load_policies(struct dashboard *dashboard, const char *path);

/* Reads the loaded policies again if their files have changed. Call it before each frame. */
void dashboard_poll_policies(struct dashboard *dashboard);

/*
 * Judges all that was seen by the policies of a saved file or folder alone, as if it was applied,
 * and shows a message: `saved`, then the number of flows that are allowed and denied.
 */
void dashboard_judge_saved(struct dashboard *dashboard, const char *path, const char *saved);

/* Opens the draft of the selected subject in the user's editor. dashboard_edit_ended judges the
 * edited draft, and asks for the name under which to save it. Call it when the editor's descriptor
 * is readable. */
void dashboard_edit(struct dashboard *dashboard);
void dashboard_edit_ended(struct dashboard *dashboard);

#endif
