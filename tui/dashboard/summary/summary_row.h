/* SPDX-License-Identifier: Apache-2.0 */
/* Draws a row of the summary. */
#ifndef POLECAT_TUI_DASHBOARD_SUMMARY_SUMMARY_ROW_H
#define POLECAT_TUI_DASHBOARD_SUMMARY_SUMMARY_ROW_H

#include "tui/dashboard/screen/canvas.h"
#include "tui/dashboard/summary/tree.h"
#include "tui/dashboard/view/context.h"

/* Returns the column of the sign that shows whether a workload or a pod is unfolded. */
int summary_row_sign_column(const struct tree_row *row);

void summary_row_draw(const struct canvas *line, const struct context *context,
		      const struct tree *tree, const struct tree_row *row);

#endif
