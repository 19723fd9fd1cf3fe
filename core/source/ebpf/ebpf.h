/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The collector: this machine's kernel as a source of records. One thread loads the programs of
 * bpf/polecat.bpf.c, attaches them, reads what was there before them (cgroups, listening sockets,
 * open connections), and then moves events from the kernel's ring buffer into the source's queue
 * until it is stopped.
 *
 * Needs CAP_BPF and CAP_PERFMON (or CAP_SYS_ADMIN), a kernel with BTF and a BPF ring buffer. What
 * is missing makes the source SOURCE_BROKEN with -EPERM (privilege) or -EOPNOTSUPP (kernel), and a
 * message that names it and the remedy.
 */
#ifndef POLECAT_CORE_SOURCE_EBPF_EBPF_H
#define POLECAT_CORE_SOURCE_EBPF_EBPF_H

#include <stdbool.h>
#include <stddef.h>

#include "core/source/source.h"

struct ebpf_options {
	const char *node;         /* for the hello record; copied; NULL: the host's name */
	size_t ring_bytes;        /* power of two, at least a page; 0: 8 MiB */
	unsigned int sample_ms;   /* how often open connections' counters are read; 0: never */
	bool mute;                /* ebpf_source_mute will be used */
	bool skip_backfill;       /* do not look for what was open before the start */
	bool avoid_map_iterators; /* sample through files, as on kernels that refuse them */
};

/* Makes and starts the source. options may be NULL. 0 or -errno (no memory, no thread); all else
 * shows in its health. */
int ebpf_source_start(const struct ebpf_options *options, struct source **out);

/*
 * Main thread. From now on the kernel tells nothing of this cgroup's sockets, so that they cost
 * nothing: for who watches one quiet pod on a busy node. Events that are under way still come. Does
 * nothing where the source is not ready, was not made for it, or the list is full.
 */
void ebpf_source_mute(struct source *source, uint64_t cgroup_id);

/* One thing that the collector needs or can use, as it is here. */
struct ebpf_check {
	const char *name; /* "CAP_BPF", "BTF", "tp_btf/inet_sock_set_state" … */
	const char *purpose;
	bool required;
	int error;         /* 0: works; -errno otherwise */
	char message[256]; /* what is missing and the remedy; empty if it works */
};

#define EBPF_CHECK_MAX 16

/*
 * Tries everything for real (loads the programs, attaches nothing that stays), and writes up to
 * `max` checks. Returns how many. Any thread; not while a source is being started in another.
 */
size_t ebpf_check(struct ebpf_check *checks, size_t max);

#endif
