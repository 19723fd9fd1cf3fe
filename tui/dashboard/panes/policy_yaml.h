/* SPDX-License-Identifier: Apache-2.0 */
/* Shows a draft as YAML, for the policy pane. */
#ifndef POLECAT_TUI_DASHBOARD_PANES_POLICY_YAML_H
#define POLECAT_TUI_DASHBOARD_PANES_POLICY_YAML_H

#include "tui/dashboard/panes/policy_draft.h"
#include "tui/dashboard/screen/canvas.h"
#include "tui/dashboard/view/list_cursor.h"

/* Zero-initialise; nothing to free. */
struct policy_yaml {
	struct list_cursor list; /* the lines; list.selects is set if the pane shows evidence beside
	                          * them */
	size_t height;           /* the height of the list at the last update */
};

/* Fits the list to the draft. Until the user scrolls, chooses the visible lines. */
void policy_yaml_update(struct policy_yaml *yaml, const struct policy_draft *draft,
			const struct context *context, int rows);

/* Returns the line at the cursor. Returns NULL if there is no cursor, or if the line belongs to no
 * rule. */
const struct draft_line *policy_yaml_line(const struct policy_yaml *yaml,
					  const struct policy_draft *draft);

/* Draws the visible lines. Marks the matches of `search` ("": none). */
void policy_yaml_draw(const struct policy_yaml *yaml, const struct policy_draft *draft,
		      const struct context *context, const struct canvas *canvas,
		      const char *search);

#endif
