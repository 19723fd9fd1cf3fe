/* SPDX-License-Identifier: Apache-2.0 */
/* Draws a row that shows an edge: its direction, its peer, and as many of its figures as fit. */
#ifndef POLECAT_TUI_DASHBOARD_PANES_EDGE_ROW_H
#define POLECAT_TUI_DASHBOARD_PANES_EDGE_ROW_H

#include <stdbool.h>
#include <stdint.h>

#include "core/state/subject.h"
#include "tui/dashboard/screen/canvas.h"
#include "tui/dashboard/view/context.h"

struct edge_row {
	const struct edge *edge;
	struct edge shown; /* a copy to draw; only its numbers are valid */
};

/* The figures after the peer, from left to right. */
enum edge_figure {
	EDGE_PORT = 1,
	EDGE_CONNECTIONS = 2,
	EDGE_FAILED = 4,
	EDGE_FIRST = 8,
	EDGE_LAST = 16,
};

struct edge_layout {
	int peer_width;
	unsigned int figures; /* bits of enum edge_figure */
	bool by_subject;      /* name the edge's subject in place of its peer */
	bool links;           /* mark the name as a link */
};

void edge_row_draw_heading(const struct canvas *line, const struct edge_layout *layout);

void edge_row_draw(const struct canvas *line, const struct edge_layout *layout,
		   const struct context *context, const struct edge_row *row);

#endif
