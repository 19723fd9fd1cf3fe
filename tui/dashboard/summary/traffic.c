/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/summary/traffic.h"

#include <stdlib.h>

#include "core/base/array.h"
#include "core/base/hash.h"

/* A source reports the bytes of a window at most this long after the window's end. */
#define REPORT_DELAY_NS NS_PER_SECOND

void traffic_clear(struct traffic *traffic)
{
	for (size_t i = 0; i < traffic->subject_capacity; i++)
		free(traffic->subjects[i]);
	free(traffic->subjects);
	for (size_t i = 0; i < TRAFFIC_EDGE_SLOTS; i++) {
		free(traffic->windows[i].edges);
		hash_index_clear(&traffic->windows[i].index);
	}
	*traffic = (struct traffic){0};
}

/* Returns the number of the latest complete window; 0: none. */
static uint64_t traffic_complete_window(uint64_t now_ns)
{
	uint64_t window =
		now_ns > REPORT_DELAY_NS ? (now_ns - REPORT_DELAY_NS) / TRAFFIC_WINDOW_NS : 0;

	return window > 0 ? window - 1 : 0;
}

static struct traffic_edge *traffic_find(const struct traffic_window *window,
					 const struct edge *edge)
{
	struct hash_cursor cursor;
	uint32_t at = hash_index_first(&window->index, hash_pointer(edge), &cursor);

	while (at != HASH_INDEX_NONE && window->edges[at].edge != edge)
		at = hash_index_next(&window->index, &cursor);
	return at == HASH_INDEX_NONE ? NULL : &window->edges[at];
}

static void traffic_add_to_edge(struct traffic *traffic, const struct edge *edge, uint64_t number,
				uint64_t bytes)
{
	struct traffic_window *window = &traffic->windows[number % TRAFFIC_EDGE_SLOTS];
	struct traffic_edge *found;

	if (number < window->number)
		return;
	if (number > window->number) {
		window->number = number;
		window->count = 0;
		hash_index_clear(&window->index);
	}
	found = traffic_find(window, edge);
	if (found) {
		found->bytes += bytes;
		return;
	}
	if (ARRAY_RESERVE(window->edges, window->capacity, window->count + 1) ||
	    hash_index_insert(&window->index, hash_pointer(edge), (uint32_t)window->count))
		return;
	window->edges[window->count++] = (struct traffic_edge){.edge = edge, .bytes = bytes};
}

/* Returns the history of a subject; NULL: no memory. */
static struct traffic_history *traffic_history_of(struct traffic *traffic,
						  const struct subject *subject)
{
	size_t known = traffic->subject_capacity;

	if (ARRAY_RESERVE(traffic->subjects, traffic->subject_capacity, subject->index + 1))
		return NULL;
	for (; known < traffic->subject_capacity; known++)
		traffic->subjects[known] = NULL;
	if (!traffic->subjects[subject->index])
		traffic->subjects[subject->index] = calloc(1, sizeof(struct traffic_history));
	return traffic->subjects[subject->index];
}

static void traffic_add_to_history(struct traffic_history *history, uint64_t number, uint64_t bytes)
{
	if (history->latest >= number + TRAFFIC_SLOTS)
		return;
	if (number > history->latest) {
		uint64_t from = history->latest + 1;

		if (number - history->latest > TRAFFIC_SLOTS)
			from = number - TRAFFIC_SLOTS + 1;
		for (; from <= number; from++)
			history->bytes[from % TRAFFIC_SLOTS] = 0;
		history->latest = number;
	}
	history->bytes[number % TRAFFIC_SLOTS] += bytes;
}

/* Returns the part of `bytes` that came in the first `passed_ns` of a time span. */
static uint64_t traffic_part(uint64_t bytes, uint64_t passed_ns, uint64_t span_ns)
{
	uint64_t part;

	if (passed_ns >= span_ns)
		return bytes;
	part = (uint64_t)((double)bytes * ((double)passed_ns / (double)span_ns));
	return part < bytes ? part : bytes;
}

void traffic_add(struct traffic *traffic, const struct clocks *clocks, const struct conn *conn)
{
	uint64_t end_ns = clocks_common(clocks, conn->node, conn->counted_ns);
	uint64_t span_ns = conn->fresh_span_ns < end_ns ? conn->fresh_span_ns : end_ns;
	uint64_t start_ns = end_ns - span_ns;
	uint64_t last = end_ns / TRAFFIC_WINDOW_NS;
	uint64_t first = start_ns / TRAFFIC_WINDOW_NS;
	struct traffic_history *history;
	uint64_t before;

	if (conn->fresh_bytes == 0)
		return;
	history = traffic_history_of(traffic, conn->subject);
	if (!history)
		return;
	if (last - first >= TRAFFIC_SLOTS)
		first = last - TRAFFIC_SLOTS + 1;
	before = first * TRAFFIC_WINDOW_NS > start_ns
			 ? traffic_part(conn->fresh_bytes, first * TRAFFIC_WINDOW_NS - start_ns,
					span_ns)
			 : 0;
	for (uint64_t number = first; number <= last; number++) {
		uint64_t window_end_ns = (number + 1) * TRAFFIC_WINDOW_NS;
		uint64_t until = number == last ? conn->fresh_bytes
						: traffic_part(conn->fresh_bytes,
							       window_end_ns - start_ns, span_ns);

		if (until > before) {
			traffic_add_to_history(history, number, until - before);
			traffic_add_to_edge(traffic, conn->edge, number, until - before);
		}
		before = until;
	}
}

uint64_t traffic_of_edge(const struct traffic *traffic, const struct edge *edge, uint64_t now_ns)
{
	uint64_t number = traffic_complete_window(now_ns);
	const struct traffic_window *window = &traffic->windows[number % TRAFFIC_EDGE_SLOTS];
	const struct traffic_edge *found;

	if (window->number != number)
		return 0;
	found = traffic_find(window, edge);
	return found ? found->bytes : 0;
}

static uint64_t traffic_in_window(const struct traffic_history *history, uint64_t number)
{
	if (number > history->latest || number + TRAFFIC_SLOTS <= history->latest)
		return 0;
	return history->bytes[number % TRAFFIC_SLOTS];
}

static const struct traffic_history *traffic_find_history(const struct traffic *traffic,
							  const struct subject *subject)
{
	return subject->index < traffic->subject_capacity ? traffic->subjects[subject->index]
							  : NULL;
}

uint64_t traffic_of_subject(const struct traffic *traffic, const struct subject *subject,
			    uint64_t now_ns)
{
	const struct traffic_history *history = traffic_find_history(traffic, subject);

	return history ? traffic_in_window(history, traffic_complete_window(now_ns)) : 0;
}

void traffic_add_minute(const struct traffic *traffic, const struct subject *subject,
			uint64_t now_ns, uint64_t sums[TRAFFIC_MINUTE])
{
	const struct traffic_history *history = traffic_find_history(traffic, subject);
	uint64_t last = traffic_complete_window(now_ns);

	for (uint64_t ago = 0; history && ago < TRAFFIC_MINUTE && ago <= last; ago++)
		sums[TRAFFIC_MINUTE - 1 - ago] += traffic_in_window(history, last - ago);
}
