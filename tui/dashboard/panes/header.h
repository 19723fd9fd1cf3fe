/* SPDX-License-Identifier: Apache-2.0 */
/* Draws the first line: node, sources, rate of connections, totals, losses, filter. */
#ifndef POLECAT_TUI_DASHBOARD_PANES_HEADER_H
#define POLECAT_TUI_DASHBOARD_PANES_HEADER_H

#include "tui/dashboard/panes/graph.h"
#include "tui/dashboard/screen/canvas.h"
#include "tui/dashboard/view/context.h"

/* Draws the header. `now_ns` is session_now even while the screen is paused, because the
 * header shows that records still arrive. */
void header_draw(const struct context *context, const struct graph *graph, uint64_t now_ns,
		 struct canvas *line);

#endif
