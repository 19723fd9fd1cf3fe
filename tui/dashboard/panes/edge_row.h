/* SPDX-License-Identifier: Apache-2.0 */
/* Draws a row that shows an edge: its direction, its peer, and as many of its figures as fit. */
#ifndef POLECAT_TUI_DASHBOARD_PANES_EDGE_ROW_H
#define POLECAT_TUI_DASHBOARD_PANES_EDGE_ROW_H

#include <stdint.h>

#include "core/state/subject.h"
#include "tui/dashboard/screen/canvas.h"
#include "tui/dashboard/view/context.h"

struct edge_row {
	const struct edge *edge;
	struct edge shown; /* a copy to draw, frozen by a pause; only its numbers are valid */
	uint64_t sampled_bytes;
	uint64_t rate; /* bytes per second in both directions */
};

/* The figures after the peer, from left to right. */
enum edge_figure {
	EDGE_PORT = 1,
	EDGE_CONNECTIONS = 2,       /* "12 conn" */
	EDGE_CONNECTIONS_PLAIN = 4, /* "12" */
	EDGE_FAILED = 8,            /* "3✕", or nothing */
	EDGE_FAILED_PLAIN = 16,     /* "3" */
	EDGE_HANGING = 32,
	EDGE_TX = 64,
	EDGE_RX = 128,
	EDGE_RATE = 256,
	EDGE_LATENCY = 512,
	EDGE_AGO = 1024,
	EDGE_FIRST = 2048,
	EDGE_LAST = 4096,
};

struct edge_layout {
	int peer_width;
	unsigned int figures; /* bits of enum edge_figure */
};

/* Chooses the figures for a pane of `width` columns. The peer gets the remaining width. */
struct edge_layout edge_layout_fit(int width);

/* Drops the words and signs that a heading makes superfluous. */
void edge_layout_add_heading(struct edge_layout *layout);

void edge_row_draw_heading(const struct canvas *line, const struct edge_layout *layout);

void edge_row_draw(const struct canvas *line, const struct edge_layout *layout,
		   const struct context *context, const struct edge_row *row);

#endif
