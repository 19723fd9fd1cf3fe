/* SPDX-License-Identifier: Apache-2.0 */
/* The filter that the user types, and the named filters of the settings. */
#ifndef POLECAT_TUI_DASHBOARD_TYPED_FILTER_H
#define POLECAT_TUI_DASHBOARD_TYPED_FILTER_H

#include "tui/dashboard/dashboard_state.h"

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

/* Reads the named filters. appearance_start reports faults of the settings. */
void dashboard_read_filters(struct dashboard *dashboard);

/* Save the present filter under a name in the settings, or delete a named filter. Show a
 * message. */
void dashboard_save_filter(struct dashboard *dashboard, const char *name);
void dashboard_delete_filter(struct dashboard *dashboard, const char *name);

#endif
