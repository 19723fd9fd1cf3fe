/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loads and attaches all kernel programs. The kernel takes most of the time to verify them, so the
 * programs for UDP are loaded by a second thread at the same time as the other ones.
 */
#ifndef POLECAT_CORE_SOURCE_EBPF_EBPF_LOADER_H
#define POLECAT_CORE_SOURCE_EBPF_EBPF_LOADER_H

#include <stdbool.h>
#include <stddef.h>

#include "core/source/ebpf/ebpf_programs.h"

struct udp;

struct ebpf_loader_options {
	struct ebpf_load_options programs;
	size_t max_datagram_flows; /* udp_options.max_flows */
	size_t max_associations;   /* udp_options.max_associations */
	bool avoid_udp_task;       /* a UDP socket's owner is its creator, not the last sender */
};

/* Zero-initialise. The caller frees the first two members, also after an error. */
struct ebpf_loaded {
	struct ebpf_programs *programs;
	struct udp *udp;       /* NULL: UDP is not watched */
	int load_error;        /* 0: the programs except those of UDP were loaded */
	int udp_error;         /* 0: UDP is watched, or the other programs failed */
	char udp_message[160]; /* the reason why UDP is not watched */
};

/* Returns 0 if the programs except those of UDP were loaded and attached, or -errno with the cause
 * and the remedy in `message` (size bytes). No other thread may call this at the same time. */
int ebpf_loader_run(const struct ebpf_loader_options *options, struct ebpf_loaded *out,
		    char *message, size_t size);

#endif
