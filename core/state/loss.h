/* SPDX-License-Identifier: Apache-2.0 */
/* Counts the data that a state lacks, by kind, and describes it in words. Pure. */
#ifndef POLECAT_CORE_STATE_LOSS_H
#define POLECAT_CORE_STATE_LOSS_H

#include <stddef.h>
#include <stdint.h>

#include "core/state/state.h"

enum loss_kind {
	/* LOSS_KERNEL to LOSS_GAP: records that the sources lost. */
	LOSS_KERNEL = 0,
	LOSS_QUEUE,
	LOSS_MEMORY,
	LOSS_STREAM,
	LOSS_GAP,        /* times in which a node was not watched */
	LOSS_EVICTED,    /* connections evicted while open or before their pod was known */
	LOSS_UNKEPT,     /* flows beyond a quota */
	LOSS_UNRESOLVED, /* connections of an unknown cgroup */
	LOSS_KINDS,
};

#define LOSS_TEXT_SIZE 160

uint64_t loss_count(const struct state_counters *counters, enum loss_kind kind);

/* Returns the sum over all kinds. */
uint64_t loss_total(const struct state_counters *counters);

/* Returns the sum of the records that sources lost. */
uint64_t loss_records(const struct state_counters *counters);

/* Returns the number of lost events that are known to be those of a subject: its own, or, of a
 * program, those of its cgroup. */
uint64_t loss_of_subject(const struct subject *subject);

/* Returns the number of lost events that may be those of any subject. */
uint64_t loss_of_unknown(const struct state_counters *counters);

/* Writes a line of printable ASCII for `count` losses of a kind: "12 events were lost (kernel)". */
void loss_format(enum loss_kind kind, uint64_t count, char text[LOSS_TEXT_SIZE]);

#endif
