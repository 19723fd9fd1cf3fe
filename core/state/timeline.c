/* SPDX-License-Identifier: Apache-2.0 */
#include "core/state/timeline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/array.h"
#include "core/state/fold.h"

void timeline_clear(struct timeline *timeline)
{
	free(timeline->events);
	*timeline = (struct timeline){0};
}

static int timeline_add(struct timeline *timeline, const struct timeline_event *event)
{
	if (event->time_ns <= timeline->least_ns)
		return 0;
	struct timeline_event *added =
		ARRAY_ADD(timeline->events, timeline->count, timeline->capacity);
	if (!added)
		return -ENOMEM;
	*added = *event;
	return 0;
}

static int timeline_add_conn(struct timeline *timeline, const struct clocks *clocks,
			     const struct conn *conn)
{
	struct timeline_event event = {
		.time_ns = clocks_common(clocks, conn->node, conn->first_ns),
		.sequence = conn->sequence,
		.step = TIMELINE_BEGAN,
		.first = conn->first_ns == conn->edge->first_ns && !conn->edge->is_overflow,
		.failed = conn->phase == CONN_FAILED && conn->flow.ts_ns <= conn->first_ns,
	};
	int error = timeline_add(timeline, &event);

	event.first = false;
	event.failed = false;
	if (!error && conn->established_ns > conn->first_ns &&
	    (!fold_has_ended(conn) || conn->established_ns < conn->flow.ts_ns)) {
		event.time_ns = clocks_common(clocks, conn->node, conn->established_ns);
		event.step = TIMELINE_ESTABLISHED;
		error = timeline_add(timeline, &event);
	}
	if (!error && fold_has_ended(conn) && conn->flow.ts_ns > conn->first_ns) {
		event.time_ns = clocks_common(clocks, conn->node, conn->flow.ts_ns);
		event.step = TIMELINE_ENDED;
		event.failed = conn->phase == CONN_FAILED;
		error = timeline_add(timeline, &event);
	}
	return error;
}

int timeline_update(struct timeline *timeline, const struct state *state)
{
	const struct state_counters *counters = state_counters(state);
	int error = 0;

	if (timeline->events && timeline->flows == counters->flows &&
	    timeline->evicted == counters->evicted)
		return 0;
	timeline->count = 0;
	timeline->least_ns = counters->evicted_ns;
	for (const struct conn *conn = state_oldest(state); conn && !error; conn = conn->newer) {
		if (conn->subject->group != 0)
			continue;
		error = timeline_add_conn(timeline, state_clocks(state), conn);
	}
	if (!error && timeline->count > 0)
		error = array_sort_by_number(timeline->events, timeline->count,
					     sizeof(*timeline->events),
					     offsetof(struct timeline_event, time_ns), NULL);
	timeline->flows = counters->flows;
	timeline->evicted = counters->evicted;
	if (error)
		timeline->count = 0;
	return error;
}

size_t timeline_count_until(const struct timeline *timeline, uint64_t time_ns)
{
	size_t low = 0;
	size_t high = timeline->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (timeline->events[middle].time_ns <= time_ns)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool timeline_fits(const struct timeline_event *event, enum timeline_choice choice)
{
	return choice == TIMELINE_ALL || event->failed || event->first;
}

const struct timeline_event *timeline_before(const struct timeline *timeline, size_t at,
					     enum timeline_choice choice)
{
	while (at > 0) {
		if (timeline_fits(&timeline->events[--at], choice))
			return &timeline->events[at];
	}
	return NULL;
}

const struct timeline_event *timeline_after(const struct timeline *timeline, size_t at,
					    enum timeline_choice choice)
{
	for (; at < timeline->count; at++) {
		if (timeline_fits(&timeline->events[at], choice))
			return &timeline->events[at];
	}
	return NULL;
}

size_t timeline_find(const struct timeline *timeline, const struct timeline_event *event)
{
	size_t at = event->time_ns ? timeline_count_until(timeline, event->time_ns - 1) : 0;

	for (; at < timeline->count && timeline->events[at].time_ns == event->time_ns; at++)
		if (timeline->events[at].sequence == event->sequence &&
		    timeline->events[at].step == event->step)
			return at;
	return timeline->count;
}

size_t timeline_bar_at(const struct timeline *timeline, uint64_t time_ns, size_t count)
{
	if (timeline->count == 0 || count == 0 || time_ns <= timeline->events[0].time_ns)
		return 0;
	uint64_t first_ns = timeline->events[0].time_ns;
	uint64_t length_ns = timeline->events[timeline->count - 1].time_ns - first_ns + 1;
	double part = (double)(time_ns - first_ns) / (double)length_ns;
	size_t bar = (size_t)(part * (double)count);

	return bar < count ? bar : count - 1;
}

void timeline_draw(const struct timeline *timeline, struct timeline_bar *bars, size_t count)
{
	memset(bars, 0, count * sizeof(*bars));
	for (size_t i = 0; i < timeline->count && count > 0; i++) {
		const struct timeline_event *event = &timeline->events[i];
		struct timeline_bar *bar = &bars[timeline_bar_at(timeline, event->time_ns, count)];
		bar->events++;
		bar->failures += event->failed;
	}
}
