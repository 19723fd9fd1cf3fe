/* SPDX-License-Identifier: Apache-2.0 */
/* The members of the collector, for the files of this folder that act for its thread. */
#ifndef POLECAT_CORE_SOURCE_EBPF_EBPF_COLLECTOR_H
#define POLECAT_CORE_SOURCE_EBPF_EBPF_COLLECTOR_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/wall_clock.h"
#include "core/source/ebpf/ebpf_listing.h"
#include "core/source/ebpf/ring_losses.h"

struct cgroup_table;
struct conntrack;
struct dns_failures;
struct dns_lookups;
struct dns_streams;
struct drop_reasons;
struct ebpf_options;
struct ebpf_programs;
struct helper;
struct udp;

struct collector {
	struct ebpf_options *options; /* owned */
	char *node;                   /* the name in the options, or the host's name */
	struct ebpf_programs *programs;
	struct udp *udp;               /* NULL: UDP is not watched here */
	struct dns_lookups *lookups;   /* NULL: DNS is not read here */
	struct dns_streams *streams;   /* NULL if `lookups` is NULL */
	uint64_t lookups_unkept;       /* DNS messages that were counted as lost so far */
	struct dns_failures *failures; /* NULL if `lookups` is NULL */
	int udp_error;
	int drops_error;       /* of ebpf_programs_switch_drops; the health reports it */
	char udp_message[160]; /* the reason why UDP is not watched */
	struct source *source;
	struct helper *helper; /* NULL: not started, because it could do nothing */
	struct cgroup_table *cgroups;
	struct conntrack *conntrack;       /* NULL: conntrack cannot be asked here */
	struct drop_reasons *drop_reasons; /* NULL until the first drop */
	uint32_t node_netns;               /* inode number; 0: unknown */
	bool sampling;                     /* the sampler runs: FLOW_OPEN events are samples */
	/* Written by the collector's thread, read by the main thread; -1: none. */
	atomic_int mute_fd;
	struct wall_clock clock;
	int clock_fd; /* wall_clock_watch; negative: not available */
	/* Unix time minus the time of the kernel programs (ebpf_programs_now). */
	uint64_t boot_to_unix_ns;
	uint64_t cgroups_lost; /* events of new cgroups that were lost so far */
	struct ring_losses losses;
	struct ebpf_listing listing;
	unsigned int unflushed;
	int idle_ms;            /* the last sleep without events; 0: there were events */
	size_t rest;            /* records that may still be read after the stop; 0: not stopped */
	bool scan_due;          /* events of cgroups were lost: scan again */
	bool helper_ended;      /* the health reports it */
	bool scan_cut_reported; /* the health reports that the last scan was cut short */
	uint64_t next_maintenance_ms;
	uint64_t next_sample_ms;
	uint64_t next_datagrams_ms;
	uint64_t sampled_ms;   /* monotonic time of the last sample; 0: none */
	uint64_t datagrams_ms; /* monotonic time of the last reading of datagrams; 0: none */
	/* While the collector reads counters: the time since its previous reading of them.
	 * Otherwise, or if that time is unknown: 0. */
	uint64_t interval_ms;
};

#endif
