/* SPDX-License-Identifier: Apache-2.0 */
/* Counts events per second over the last minute. Pure: the caller passes the time. */
#ifndef POLECAT_TUI_DASHBOARD_PANES_GRAPH_H
#define POLECAT_TUI_DASHBOARD_PANES_GRAPH_H

#include <stdint.h>

#include "tui/dashboard/screen/glyphs.h"

#define GRAPH_SECONDS 60
/* More than GRAPH_SECONDS, because the current second needs a slot too. */
#define GRAPH_SLOTS 64
/* The size of the text of graph_draw: one sign of up to four bytes per second, and the NUL. */
#define GRAPH_TEXT_SIZE (GRAPH_SECONDS * 4 + 1)

/* Zero-initialise. In each slot, `count` is the number of events in the second `second` of the
 * clock that the caller uses. */
struct graph {
	struct {
		uint64_t second;
		uint64_t count;
	} slots[GRAPH_SLOTS];
	/* The events of a second may become known so many seconds later: edge records come at the
	 * end of their interval. */
	unsigned int delay;
};

/* Counts one event. `time_ns` is its time by the caller's clock. Drops the event if its slot
 * already counts a later second. */
void graph_add(struct graph *graph, uint64_t time_ns);

/* Counts events at equal distances from one time to another, which became known at now_ns. Counts
 * those of the last GRAPH_SECONDS alone. */
void graph_add_interval(struct graph *graph, uint64_t from_ns, uint64_t until_ns, uint64_t count,
			uint64_t now_ns);

/* Returns the number of events in the second that is `ago` seconds before the current second. If
 * `ago` is 0, counts the current second, which has not ended. */
uint64_t graph_count(const struct graph *graph, uint64_t now_ns, unsigned int ago);

/* Returns the number of events in the last second that has ended and whose events are known. */
uint64_t graph_rate(const struct graph *graph, uint64_t now_ns);

/* Draws the last minute into `columns` (1 to GRAPH_SECONDS) signs, the latest at the right. */
void graph_draw(const struct graph *graph, uint64_t now_ns, const struct glyphs *glyphs,
		unsigned int columns, char text[GRAPH_TEXT_SIZE]);

#endif
