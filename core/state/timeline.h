/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The events of the connections that a state holds, in order of time: when each began, was
 * established and ended. For a view that steps through them (rewind.h). All times are on the
 * caller's steady scale (clocks_common). Pure. One thread.
 */
#ifndef POLECAT_CORE_STATE_TIMELINE_H
#define POLECAT_CORE_STATE_TIMELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/state/state.h"

enum timeline_step {
	TIMELINE_BEGAN = 1,
	TIMELINE_ESTABLISHED,
	TIMELINE_ENDED,
};

struct timeline_event {
	uint64_t time_ns;
	uint64_t sequence; /* of the connection */
	uint8_t step;      /* enum timeline_step */
	bool failed;       /* TIMELINE_ENDED: the attempt failed */
	bool first;        /* TIMELINE_BEGAN: the first connection of its edge */
};

/* Zero-initialise. Free with timeline_clear. */
struct timeline {
	struct timeline_event *events;
	size_t count;
	size_t capacity;
	uint64_t flows; /* state_counters when it was built */
	uint64_t evicted;
	uint64_t least_ns; /* the earliest time to which the state can be rewound */
};

void timeline_clear(struct timeline *timeline);

/* Reads the events of a state, which must not be rewound, unless they are up to date. Leaves out
 * connections of subjects that are not in group 0 (state_set_group), and events at or before the
 * last one of an evicted connection. Returns 0 or -ENOMEM. */
int timeline_update(struct timeline *timeline, const struct state *state);

enum timeline_choice {
	TIMELINE_ALL = 0,
	TIMELINE_NOTABLE, /* failures and first connections */
};

/* Return the last event with an index below `at`, and the first event from the index `at` on, among
 * those that `choice` selects; NULL: none. */
const struct timeline_event *timeline_before(const struct timeline *timeline, size_t at,
					     enum timeline_choice choice);
const struct timeline_event *timeline_after(const struct timeline *timeline, size_t at,
					    enum timeline_choice choice);

/* Returns the number of events up to and at a time, which is the index of the first later event. */
size_t timeline_count_until(const struct timeline *timeline, uint64_t time_ns);

/* Finds the event with the same time, connection and step: several events may have one time.
 * Returns its index, or timeline->count. */
size_t timeline_find(const struct timeline *timeline, const struct timeline_event *event);

/* The numbers of events and failures in one part of the time. */
struct timeline_bar {
	uint64_t events;
	uint64_t failures;
};

/* Divides the time from the first to the last event into `count` equal parts, and counts the events
 * of each. */
void timeline_draw(const struct timeline *timeline, struct timeline_bar *bars, size_t count);

/* Returns the index of the part of timeline_draw that contains a time. Times outside belong to the
 * first or the last part. */
size_t timeline_bar_at(const struct timeline *timeline, uint64_t time_ns, size_t count);

#endif
