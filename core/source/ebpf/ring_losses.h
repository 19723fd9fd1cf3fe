/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The events of each cgroup that the kernel programs could not send (bpf/ring.h).
 *
 * The programs count each such event first for its cgroup and then in a total. The total also has
 * losses that belong to no cgroup. A cgroup's count ends when its entry in the map is deleted. If a
 * program counts an event in an entry that is being deleted, only the total has it. It then counts
 * as one of no known cgroup. One thread at a time.
 */
#ifndef POLECAT_CORE_SOURCE_EBPF_RING_LOSSES_H
#define POLECAT_CORE_SOURCE_EBPF_RING_LOSSES_H

#include <stddef.h>
#include <stdint.h>

#include "bpf/flow_event.h"

/* An entry of the map ring_shares. */
struct ring_entry {
	uint64_t cgroup_id; /* 0: all cgroups that found no room in the map */
	struct ring_share share;
};

/* Zero-initialise. Free with ring_losses_clear. */
struct ring_losses {
	struct ring_entry *items; /* as they were at the last reading, sorted by cgroup_id */
	size_t count;
	uint64_t known;   /* losses that were reported for a cgroup */
	uint64_t unknown; /* losses that were reported for no cgroup */
};

/* Called for each cgroup that lost events since the previous reading. */
typedef void ring_loss_callback(void *data, uint64_t cgroup_id, uint64_t count);

void ring_losses_clear(struct ring_losses *losses);

/*
 * Takes over the entries of the map (from malloc, or NULL), which were read after
 * the total, and calls back for each cgroup with new losses. Afterwards, losses->items are the
 * entries. Returns the number of new losses that belong to no known cgroup.
 */
uint64_t ring_losses_update(struct ring_losses *losses, uint64_t total, struct ring_entry *entries,
			    size_t count, ring_loss_callback *callback, void *data);

/*
 * Reads the map and calls ring_losses_update. Deletes the entries that have not changed since the
 * previous reading and whose events end before the ring's position `read_to`. Returns the number of
 * new losses that belong to no known cgroup. Without memory, the next reading reports the losses.
 */
uint64_t ring_losses_read(struct ring_losses *losses, int shares_fd, uint64_t total,
			  uint64_t read_to, ring_loss_callback *callback, void *data);

#endif
