/* SPDX-License-Identifier: Apache-2.0 */
/* The datagrams of each cgroup that no flow counts, because the kernel's table of flows was full
 * (bpf/udp_rows.h). One thread at a time. */
#ifndef POLECAT_CORE_SOURCE_EBPF_UDP_UNACCOUNTED_H
#define POLECAT_CORE_SOURCE_EBPF_UDP_UNACCOUNTED_H

#include <stddef.h>
#include <stdint.h>

#include "core/source/ebpf/udp_change.h"

struct bpf_map;
struct udp_cgroup;

/* Zero-initialise. Free with udp_unaccounted_clear. */
struct udp_unaccounted {
	struct udp_cgroup *items; /* those that were found so far */
	size_t count;
	size_t capacity;
};

void udp_unaccounted_clear(struct udp_unaccounted *unaccounted);

/* Reads the map udp_unaccounted and calls back for each cgroup whose numbers have changed. now_ns:
 * CLOCK_BOOTTIME. Returns the number of cgroups that were not stored for lack of memory. */
size_t udp_unaccounted_read(struct udp_unaccounted *unaccounted, const struct bpf_map *map,
			    uint64_t now_ns, udp_callback *callback, void *data);

#endif
