/* SPDX-License-Identifier: Apache-2.0 */
/* One row of the destinations: its figures, which of them fit beside each other, and how they are
 * drawn. */
#ifndef POLECAT_TUI_DASHBOARD_PANES_DESTINATION_ROW_H
#define POLECAT_TUI_DASHBOARD_PANES_DESTINATION_ROW_H

#include <stdbool.h>
#include <stdint.h>

#include "core/state/subject.h"
#include "tui/dashboard/screen/canvas.h"
#include "tui/dashboard/view/context.h"

/* One row: the edge, and its figures as they are shown (they stand still while paused). */
struct destination {
	const struct edge *edge;
	struct edge shown;
	uint64_t sampled_bytes;
	uint64_t rate; /* bytes per second, both ways */
};

/* Which figures there is room for; the peer takes what they leave. */
struct destination_places {
	int peer_width;
	bool port, connections, failed, hanging, bytes, rate, latency, ago;
};

/* Finds the places for an area of so many columns. */
void destination_places_find(int columns, struct destination_places *places);

void destination_draw_heading(const struct canvas *canvas, const struct destination_places *places);

/* line is one row high; selected, if the cursor is on it. */
void destination_draw_row(const struct destination_places *places, const struct context *context,
			  const struct canvas *line, const struct destination *row);

#endif
