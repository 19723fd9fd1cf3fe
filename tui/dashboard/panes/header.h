/* SPDX-License-Identifier: Apache-2.0 */
/* The first line: node, sources and their health, connections per second, totals, losses, filter.
 */
#ifndef POLECAT_TUI_DASHBOARD_PANES_HEADER_H
#define POLECAT_TUI_DASHBOARD_PANES_HEADER_H

#include "tui/dashboard/panes/graph.h"
#include "tui/dashboard/screen/canvas.h"
#include "tui/dashboard/view/context.h"

/* now_ns: Unix time, also while paused: the header shows that records still arrive. */
void header_draw(const struct context *context, const struct graph *graph, uint64_t now_ns,
		 struct canvas *line);

#endif
