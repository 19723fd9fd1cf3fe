/* SPDX-License-Identifier: Apache-2.0 */
/* Remembers in the user's settings whether drafts are shown as rules or as YAML. Only for the main
 * thread. */
#ifndef POLECAT_TUI_DASHBOARD_POLICY_FORM_H
#define POLECAT_TUI_DASHBOARD_POLICY_FORM_H

#include "tui/dashboard/panes/policy_pane.h"

/* Returns the form in the settings. Returns POLICY_FORM_BY_HEIGHT if they have none, or if they
 * cannot be read, which appearance_start reports. */
enum policy_form policy_form_read(void);

/* Saves a form that the user chose. Shows a message if that fails. */
void policy_form_save(struct context *context, enum policy_form form);

#endif
