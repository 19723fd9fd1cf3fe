/* SPDX-License-Identifier: Apache-2.0 */
/* Events per second over the last minute. Pure: time is what the caller says. */
#ifndef POLECAT_TUI_DASHBOARD_PANES_GRAPH_H
#define POLECAT_TUI_DASHBOARD_PANES_GRAPH_H

#include <stddef.h>
#include <stdint.h>

#include "tui/dashboard/screen/glyphs.h"

#define GRAPH_SECONDS 60
/* A power of two above GRAPH_SECONDS: the second under way has its place too. */
#define GRAPH_SLOTS 64

/* Zero-initialise. A slot belongs to the second that is written in it. */
struct graph {
	struct {
		uint64_t second;
		uint64_t count;
	} slots[GRAPH_SLOTS];
};

/* Counts one event at a Unix time. Older ones than a minute before the latest are dropped. */
void graph_add(struct graph *graph, uint64_t time_ns);

/* Events in the second `ago` whole seconds before now (0: the one under way, which is not over
 * yet). */
uint64_t graph_count(const struct graph *graph, uint64_t now_ns, unsigned int ago);

/* Events per second, over the last second that is over. */
uint64_t graph_rate(const struct graph *graph, uint64_t now_ns);

/* Draws the last minute into `columns` (1 to GRAPH_SECONDS) signs, the latest at the right. text is
 * NUL-terminated. */
void graph_draw(const struct graph *graph, uint64_t now_ns, const struct glyphs *glyphs,
		unsigned int columns, char *text, size_t size);

#endif
