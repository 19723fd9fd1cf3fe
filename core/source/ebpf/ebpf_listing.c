/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/ebpf/ebpf_listing.h"

#include "core/base/clock.h"

/* The shortest pause between two listings. */
#define PAUSE_MS 2000
/* The shortest pause as a multiple of the time that the listing took. Each listing may read the
 * files of all processes, and under a flood each is followed by another loss. So listings take at
 * most a twentieth of the time. */
#define PAUSE_RATIO 20

bool ebpf_listing_is_due(const struct ebpf_listing *listing, const struct source *source,
			 uint64_t now_ms)
{
	return (listing->due || source_queue_lost(source) != listing->queue_lost) &&
	       now_ms >= listing->next_ms;
}

void ebpf_listing_pause(struct ebpf_listing *listing, uint64_t began_ms, uint64_t ended_ms)
{
	uint64_t pause_ms = (ended_ms - began_ms) * PAUSE_RATIO;

	listing->next_ms = ended_ms + (pause_ms > PAUSE_MS ? pause_ms : PAUSE_MS);
}

static void ebpf_listing_mark(struct source *source, enum lost_listing mark)
{
	struct record record = {
		.kind = RECORD_LOST,
		.lost = {.where = LOST_KERNEL, .listing = (uint8_t)mark},
	};

	source_emit(source, &record);
}

void ebpf_listing_run(struct ebpf_listing *listing, struct ebpf_programs *programs,
		      struct source *source, ebpf_event_callback callback,
		      void (*list_others)(void *data), void *data)
{
	uint64_t began_ms = clock_monotonic_ms();

	listing->due = false;
	listing->queue_lost = source_queue_lost(source);
	/* Read the ring first: after LOST_LISTING_BEGIN, events from before the losses would look
	 * as if their connections were still open. */
	(void)ebpf_programs_consume(programs, EBPF_RING_SOCKETS, callback, data);
	ebpf_listing_mark(source, LOST_LISTING_BEGIN);
	int error = ebpf_programs_iterate(programs, EBPF_LIST_CONNECTIONS, callback, data);
	list_others(data);
	if (error || source_queue_lost(source) != listing->queue_lost)
		listing->due = true;
	else
		ebpf_listing_mark(source, LOST_LISTING_END);
	ebpf_listing_pause(listing, began_ms, clock_monotonic_ms());
}
