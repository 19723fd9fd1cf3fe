/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Per-CPU counters of connection ids and lost events. */
#ifndef POLECAT_BPF_COUNTERS_H
#define POLECAT_BPF_COUNTERS_H

#include <stdbool.h>

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

/* Added to each connection id of this run. User space sets it before it loads the programs. */
const volatile __u64 connection_id_base;

struct cpu_counters {
	__u64 sequence; /* the number of ids that this CPU has given out */
	/* Events that did not fit into a ring, and sockets and datagrams that did not fit into a
	 * map. */
	__u64 lost;
	__u64 cgroups_lost; /* those of `lost` that were events of new cgroups */
};

/* Each program updates the element of its CPU. User space reads the map and sums up the losses. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct cpu_counters);
} counters SEC(".maps");

static __always_inline struct cpu_counters *counters_get(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&counters, &zero);
}

static __always_inline void counters_add_lost_many(__u64 count)
{
	struct cpu_counters *mine = counters_get();

	/* Add atomically, because programs of different hooks may interrupt each other on a CPU. */
	if (mine)
		__sync_fetch_and_add(&mine->lost, count);
}

static __always_inline void counters_add_lost(void)
{
	counters_add_lost_many(1);
}

/*
 * Returns the id of a connection that begins now: connection_id_base, plus the CPU's own count in
 * bits 0 to 39, the CPU's number in bits 40 to 52, and the lowest bits of the time in nanoseconds
 * from bit 54. Bit 53 marks the ids of counters_cookie_id.
 *
 * Linux 5.10 has no atomic operation that returns a value. If a program of this CPU interrupts this
 * one between the addition and the load, both read the same count. Then their times differ.
 */
static __always_inline __u64 counters_next_id(__u64 now_ns)
{
	struct cpu_counters *mine = counters_get();
	__u64 count = 0;

	if (mine) {
		__sync_fetch_and_add(&mine->sequence, 1);
		count = *(volatile __u64 *)&mine->sequence & ((1ull << 40) - 1);
	}
	return connection_id_base +
	       (now_ns << 54 | (__u64)bpf_get_smp_processor_id() << 40 | count);
}

/* Returns the id of a socket's first connection. The id is made of the socket's cookie, so programs
 * that cannot read the socket_info can also compute it. */
static __always_inline __u64 counters_cookie_id(__u64 cookie)
{
	return connection_id_base + (1ull << 53 | cookie);
}

#endif
