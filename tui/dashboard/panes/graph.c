/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/panes/graph.h"

#include <string.h>

#include "core/base/timestamp.h"

void graph_add(struct graph *graph, uint64_t time_ns)
{
	uint64_t second = time_ns / NS_PER_SECOND;
	size_t slot = second % GRAPH_SLOTS;

	if (graph->slots[slot].second > second)
		return;
	if (graph->slots[slot].second < second) {
		graph->slots[slot].second = second;
		graph->slots[slot].count = 0;
	}
	graph->slots[slot].count++;
}

uint64_t graph_count(const struct graph *graph, uint64_t now_ns, unsigned int ago)
{
	uint64_t second = now_ns / NS_PER_SECOND;
	size_t slot;

	if (second < ago)
		return 0;
	second -= ago;
	slot = second % GRAPH_SLOTS;
	return graph->slots[slot].second == second ? graph->slots[slot].count : 0;
}

uint64_t graph_rate(const struct graph *graph, uint64_t now_ns)
{
	return graph_count(graph, now_ns, 1);
}

/* Returns the largest graph_count for an `ago` greater than `from` and at most `to`. */
static uint64_t graph_peak(const struct graph *graph, uint64_t now_ns, unsigned int from,
			   unsigned int to)
{
	uint64_t most = 0;

	for (unsigned int ago = from; ago < to; ago++) {
		uint64_t count = graph_count(graph, now_ns, ago + 1);

		if (count > most)
			most = count;
	}
	return most;
}

void graph_draw(const struct graph *graph, uint64_t now_ns, const struct glyphs *glyphs,
		unsigned int columns, char text[GRAPH_TEXT_SIZE])
{
	uint64_t most = graph_peak(graph, now_ns, 0, GRAPH_SECONDS);
	char *end = text;

	for (unsigned int i = columns; i > 0; i--) {
		uint64_t count = graph_peak(graph, now_ns, (i - 1) * GRAPH_SECONDS / columns,
					    i * GRAPH_SECONDS / columns);
		/* Round up, so that a second with any event differs from an empty second. */
		uint64_t level = most ? (count * (GLYPH_SPARK_LEVELS - 1) + most - 1) / most : 0;

		end = stpcpy(end, glyphs->spark[level]);
	}
	*end = '\0';
}
