/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The rings of events, and the shares of the cgroups in the ring of flows.
 *
 * A cgroup that causes more events than user space reads must not take the place of the events of
 * others. While more than half of the ring is in use, a cgroup may add an event only if its own
 * events in the ring take less room than is free (A. K. Choudhury and E. L. Hahne, "Dynamic queue
 * length thresholds for shared-memory packet switches", IEEE/ACM Transactions on Networking 6,
 * 1998). If N cgroups flood the ring, each gets the same part of its second half, and one more such
 * part stays free for all others. An event that a cgroup may not add is lost, and is counted for
 * the cgroup.
 */
#ifndef POLECAT_BPF_RING_H
#define POLECAT_BPF_RING_H

#include "bpf/counters.h"
#include "bpf/flow_event.h"

/* The size of `ring` in bytes. User space sets it before it loads the programs. */
const volatile __u64 ring_bytes;

/* The events of sockets. One ring keeps their order, so a DNS answer comes before the connection to
 * an address that it names. User space reads the ring, and sets its size before it loads the
 * programs. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, RING_BYTES);
} ring SEC(".maps");

/* The cgroups that added events while more than half of the ring was in use. Programs insert and
 * add. User space reads `lost`, and deletes the entries of cgroups that have no events in the ring
 * any more. The entry with the key 0 stands for all cgroups that find no room in this map. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, RING_SHARES_MAX);
	__type(key, __u64); /* id of the cgroup */
	__type(value, struct ring_share);
} ring_shares SEC(".maps");

/* Returns the entry of a cgroup, which is new if there was none. NULL: the map is full. */
static __always_inline struct ring_share *ring_share_get(__u64 cgroup_id)
{
	static const struct ring_share empty;
	struct ring_share *share = bpf_map_lookup_elem(&ring_shares, &cgroup_id);

	if (share)
		return share;
	bpf_map_update_elem(&ring_shares, &cgroup_id, &empty, BPF_NOEXIST);
	share = bpf_map_lookup_elem(&ring_shares, &cgroup_id);
	if (share)
		return share;
	cgroup_id = 0;
	return bpf_map_lookup_elem(&ring_shares, &cgroup_id);
}

/*
 * Forgets the events that user space has read. The ring does not say which of a cgroup's events it
 * still holds, so each share has two counts: of the events behind a position of the ring, and of
 * those before it. Once user space has read up to the position, the second count is obsolete.
 */
static __always_inline void ring_share_update(struct ring_share *share, __u64 now_at)
{
	__u64 read_to = bpf_ringbuf_query(&ring, BPF_RB_CONS_POS);

	if (read_to < share->mark)
		return;
	share->before = read_to >= share->end ? 0 : share->behind;
	share->behind = 0;
	share->mark = now_at;
}

/* Returns whether the cgroup may add an event of `bytes` bytes while `used` bytes of the ring are
 * in use. If not, counts the event as lost. Not inlined, because it is rarely needed. */
static __noinline bool ring_share_take(__u64 cgroup_id, __u64 used, __u64 bytes)
{
	struct ring_share *share = ring_share_get(cgroup_id);
	__u64 at = bpf_ringbuf_query(&ring, BPF_RB_PROD_POS);

	if (!share)
		return true;
	ring_share_update(share, at);
	if (share->before + share->behind + bytes > ring_bytes - used) {
		__sync_fetch_and_add(&share->lost, 1);
		counters_add_lost();
		return false;
	}
	__sync_fetch_and_add(&share->behind, bytes);
	share->end = at + bytes;
	return true;
}

/* Returns whether a cgroup may add an event to the ring. If not, the event is counted as lost.
 * `size`: of the event's struct. */
static __always_inline bool ring_admits(__u64 cgroup_id, __u64 size)
{
	__u64 used = bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA);

	if (used <= ring_bytes / 2)
		return true;
	return ring_share_take(cgroup_id, used, size + BPF_RINGBUF_HDR_SZ);
}

/* Counts events of a cgroup that are lost for another reason than ring_admits. One reason is that
 * the ring is full although ring_admits returned true, because programs on other CPUs took the
 * room. */
static __noinline void ring_count_lost(__u64 cgroup_id, __u64 count)
{
	struct ring_share *share = ring_share_get(cgroup_id);

	if (share)
		__sync_fetch_and_add(&share->lost, count);
	counters_add_lost_many(count);
}

/* Reserves room for an event of a cgroup. `size` must be a compile-time constant. Returns NULL if
 * there is no room, and then counts the event as lost. */
static __always_inline void *ring_reserve(__u64 cgroup_id, __u64 size)
{
	void *event;

	if (!ring_admits(cgroup_id, size))
		return NULL;
	event = bpf_ringbuf_reserve(&ring, size, 0);
	if (!event)
		ring_count_lost(cgroup_id, 1);
	return event;
}

#endif
