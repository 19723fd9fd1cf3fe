/* SPDX-License-Identifier: Apache-2.0 */
/* Draws a row of the summary. */
#ifndef POLECAT_TUI_DASHBOARD_SUMMARY_SUMMARY_ROW_H
#define POLECAT_TUI_DASHBOARD_SUMMARY_SUMMARY_ROW_H

#include "tui/dashboard/screen/canvas.h"
#include "tui/dashboard/summary/tree.h"
#include "tui/dashboard/view/context.h"

/* Returns the column of the sign that shows whether a workload or a pod is unfolded. */
int summary_row_sign_column(const struct tree_row *row);

/* The figures of workloads and pods, from left to right. */
enum summary_figure {
	SUMMARY_OPEN = 0,
	SUMMARY_HANGING,
	SUMMARY_FAILED,
	SUMMARY_DENIED,
	SUMMARY_LOST,
	SUMMARY_RATE,
	SUMMARY_SPARK,
	SUMMARY_FIGURES,
};

/* The columns of workloads and pods. */
struct summary_layout {
	int widths[SUMMARY_FIGURES]; /* 0: not shown */
	int name_width;              /* from the fold sign on */
};

/* Fits the columns to the width and to the names of the rows from `first` on, which are on the
 * screen. If a name would be cut, columns without a figure in any row have no width. */
struct summary_layout summary_row_layout(const struct canvas *canvas, const struct context *context,
					 const struct tree *tree, size_t first);

void summary_row_draw(const struct canvas *line, const struct context *context,
		      const struct tree *tree, const struct tree_row *row,
		      const struct summary_layout *layout);

#endif
