/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/panes/graph.h"

#include <string.h>

#include "core/base/timestamp.h"

static void graph_add_second(struct graph *graph, uint64_t second, uint64_t count)
{
	size_t slot = second % GRAPH_SLOTS;

	if (graph->slots[slot].second > second)
		return;
	if (graph->slots[slot].second < second) {
		graph->slots[slot].second = second;
		graph->slots[slot].count = 0;
	}
	graph->slots[slot].count += count;
}

void graph_add(struct graph *graph, uint64_t time_ns)
{
	graph_add_second(graph, time_ns / NS_PER_SECOND, 1);
}

void graph_add_interval(struct graph *graph, uint64_t from_ns, uint64_t until_ns, uint64_t count,
			uint64_t now_ns)
{
	uint64_t first = from_ns / NS_PER_SECOND;
	uint64_t now = now_ns / NS_PER_SECOND;

	if (until_ns < from_ns)
		return;
	uint64_t seconds = until_ns / NS_PER_SECOND - first + 1;
	uint64_t shown = seconds < GRAPH_SECONDS ? seconds : GRAPH_SECONDS;
	for (uint64_t i = seconds - shown; i < seconds; i++)
		graph_add_second(graph, first + i, count / seconds + (i < count % seconds));
	if (now > first && now - first < GRAPH_SECONDS / 2 && now - first > graph->delay)
		graph->delay = (unsigned int)(now - first);
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
	return graph_count(graph, now_ns, 1 + graph->delay);
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
