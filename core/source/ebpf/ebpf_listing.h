/* SPDX-License-Identifier: Apache-2.0 */
/* Lists the open connections again after events were lost. A connection whose end was lost would
 * otherwise count as open for ever. The records of a listing are between two RECORD_LOST, one with
 * LOST_LISTING_BEGIN and one with LOST_LISTING_END. The source's thread calls these functions. */
#ifndef POLECAT_CORE_SOURCE_EBPF_EBPF_LISTING_H
#define POLECAT_CORE_SOURCE_EBPF_EBPF_LISTING_H

#include <stdbool.h>
#include <stdint.h>

#include "core/source/ebpf/ebpf_programs.h"
#include "core/source/source.h"

struct ebpf_listing {
	bool due;            /* the kernel lost events since the last listing began */
	uint64_t queue_lost; /* source_queue_lost when the last listing began */
	uint64_t next_ms;    /* CLOCK_MONOTONIC: the earliest time of the next listing */
};

/* Returns whether events were lost, by the kernel or by the source's queue, and the last listing
 * was long enough ago. */
bool ebpf_listing_is_due(const struct ebpf_listing *listing, const struct source *source,
			 uint64_t now_ms);

/* Sets the earliest time of the next listing after one that began and ended at these times. */
void ebpf_listing_pause(struct ebpf_listing *listing, uint64_t began_ms, uint64_t ended_ms);

/* Reads the ring, and then passes an event for each open TCP connection to the callback, which
 * must emit its record. list_others must emit the records of all other open connections. If the
 * listing fails, or its records do not fit into the queue, emits no LOST_LISTING_END, and another
 * listing is due. */
void ebpf_listing_run(struct ebpf_listing *listing, struct ebpf_programs *programs,
		      struct source *source, ebpf_event_callback callback,
		      void (*list_others)(void *data), void *data);

#endif
