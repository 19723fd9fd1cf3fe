/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The collector: this machine's kernel as a source of records. One thread loads and attaches the
 * programs of bpf/polecat.bpf.c and reads the existing cgroups, listening sockets and connections.
 * Then it moves events from the kernel's ring buffer into the source's queue until it is stopped.
 *
 * Needs CAP_BPF and CAP_PERFMON (or CAP_SYS_ADMIN), and a kernel with BTF and a BPF ring buffer.
 * Otherwise the source is SOURCE_BROKEN with -EPERM (privilege) or -EOPNOTSUPP (kernel), and the
 * message names the cause and the remedy.
 */
#ifndef POLECAT_CORE_SOURCE_EBPF_EBPF_H
#define POLECAT_CORE_SOURCE_EBPF_EBPF_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/wall_clock.h"
#include "core/source/source.h"

struct ebpf_options {
	const char *node;  /* the node's name in the hello record; copied; NULL: the host's name */
	size_t ring_bytes; /* power of two, at least a page; 0: 8 MiB */
	/* The interval between two samples of open connections' counters; 0: no samples. */
	unsigned int sample_ms;
	/* The interval between two readings of the datagrams' counters; 0: 1000 ms. */
	unsigned int datagrams_ms;
	/* The capacity of the kernel's map of datagram flows (udp_options.max_flows); 0: 65,536. */
	size_t max_datagram_flows;
	/* The capacity of the kernel's map of SCTP associations; 0: 16,384. A cgroup has at most
	 * half of it. */
	size_t max_associations;
	/* The clock for the times of records. If the system clock was set after wall_clock_open
	 * and before the start, the first `clock` record reports that step. Copied; NULL: the
	 * clock at the start. */
	const struct wall_clock *clock;
	bool mute;                 /* the caller will use ebpf_source_mute */
	bool skip_backfill;        /* ignore connections that were open before the start */
	bool avoid_udp_task;       /* a UDP socket's owner is its creator, not the last sender */
	bool avoid_map_iterators;  /* sample open connections without iterators over maps */
	bool avoid_socket_storage; /* work as on Linux 5.10 */
	bool avoid_kernel_reads;   /* work as under lockdown=confidentiality */
};

/* Makes and starts the source, with a process that helps it (core/sandbox/helper.h). When the
 * programs are attached, the source's thread drops the capabilities that it does not need any more
 * (core/sandbox/sandbox.h). options may be NULL. Returns 0 or -errno (no memory, no thread). The
 * source's health reports all other failures. */
int ebpf_source_start(const struct ebpf_options *options, struct source **out);

struct helper;

/* Returns the source's helper, which lives as long as the source, or NULL. Main thread. */
struct helper *ebpf_source_helper(struct source *source);

/*
 * Makes the kernel report no further events of this cgroup's sockets. A busy cgroup then costs
 * nothing while the user watches other pods. Events in the queue still arrive. Does nothing if the
 * source is not ready or was made without `mute`, or if the list of muted cgroups is full. Main
 * thread.
 */
void ebpf_source_mute(struct source *source, uint64_t cgroup_id);

/* One requirement or optional feature of the collector on this machine. */
struct ebpf_check {
	const char *name; /* "CAP_BPF", "BTF", "tp_btf/inet_sock_set_state" … */
	const char *purpose;
	bool required;
	int error;         /* 0: works; -errno otherwise */
	char message[256]; /* the cause and the remedy; empty if it works */
};

#define EBPF_CHECK_MAX 32

/* Tries every requirement. Attaches the programs and detaches them again. Returns the number of
 * checks. Any thread, but no other thread may start a source at the same time. */
size_t ebpf_check(struct ebpf_check checks[EBPF_CHECK_MAX]);

#endif
