/* SPDX-License-Identifier: Apache-2.0 */
#include "core/state/loss.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/state/quota.h"

/* The words after the count, in the singular and the plural. LOSS_STREAM is missing, because
 * loss_format writes its words before the count. */
static const struct {
	const char *one;
	const char *more;
} loss_words[LOSS_KINDS] = {
	[LOSS_KERNEL] = {"event was lost (kernel)", "events were lost (kernel)"},
	[LOSS_QUEUE] = {"event was lost (queue)", "events were lost (queue)"},
	[LOSS_MEMORY] = {"event was lost (memory)", "events were lost (memory)"},
	[LOSS_GAP] = {"time in which a node was not watched (its stream was interrupted)",
		      "times in which a node was not watched (its stream was interrupted)"},
	[LOSS_EVICTED] = {"connection left the table before its end or its pod was known "
			  "(--max-connections keeps more)",
			  "connections left the table before their end or their pod was known "
			  "(--max-connections keeps more)"},
	[LOSS_UNKEPT] = {"flow record found no room: its destination or subject is beyond a quota",
			 "flow records found no room: their destinations or subjects are beyond a "
			 "quota"},
	[LOSS_UNRESOLVED] = {"connection is of a cgroup that is not known: it may be of any pod "
			     "of its node",
			     "connections are of cgroups that are not known: they may be of any "
			     "pod of their nodes"},
};

uint64_t loss_count(const struct state_counters *counters, enum loss_kind kind)
{
	switch (kind) {
	case LOSS_KERNEL:
		return counters->lost[LOST_KERNEL];
	case LOSS_QUEUE:
		return counters->lost[LOST_QUEUE];
	case LOSS_MEMORY:
		return counters->lost[LOST_MEMORY];
	case LOSS_STREAM:
		return counters->lost[LOST_STREAM];
	case LOSS_GAP:
		return counters->lost[LOST_GAP];
	case LOSS_EVICTED:
		return counters->evicted_early;
	case LOSS_UNKEPT:
		return counters->unkept;
	case LOSS_UNRESOLVED:
		return counters->unresolved;
	case LOSS_KINDS:
		break;
	}
	return 0;
}

static uint64_t loss_sum(const struct state_counters *counters, enum loss_kind end)
{
	uint64_t sum = 0;

	for (int kind = 0; kind < (int)end; kind++)
		sum += loss_count(counters, (enum loss_kind)kind);
	return sum;
}

uint64_t loss_total(const struct state_counters *counters)
{
	return loss_sum(counters, LOSS_KINDS);
}

uint64_t loss_records(const struct state_counters *counters)
{
	return loss_sum(counters, LOSS_EVICTED);
}

uint64_t loss_of_subject(const struct subject *subject)
{
	return subject->kind == SUBJECT_PROCESS ? subject->tenant->lost : subject->own_lost;
}

uint64_t loss_of_unknown(const struct state_counters *counters)
{
	return loss_records(counters) - counters->lost_by_subjects - counters->lost_by_programs;
}

void loss_format(enum loss_kind kind, uint64_t count, char text[LOSS_TEXT_SIZE])
{
	if (kind == LOSS_STREAM) {
		snprintf(text, LOSS_TEXT_SIZE, "lines that could not be read: %" PRIu64, count);
		return;
	}
	snprintf(text, LOSS_TEXT_SIZE, "%" PRIu64 " %s", count,
		 count == 1 ? loss_words[kind].one : loss_words[kind].more);
}
