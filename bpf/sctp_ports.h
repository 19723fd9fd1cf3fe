/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The SCTP ports that listened when polecat started. */
#ifndef POLECAT_BPF_SCTP_PORTS_H
#define POLECAT_BPF_SCTP_PORTS_H

#include <stdbool.h>

#include "bpf/kernel_types.h"

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct sctp_port {
	__u32 netns; /* inode number */
	__u32 port;
};

/* udp_backfill inserts entries. Entries are never deleted. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct sctp_port);
	__type(value, __u8);
} sctp_ports SEC(".maps");

static __always_inline void sctp_ports_note(const struct sock *sk, __u32 netns)
{
	const struct sctp_port key = {netns, sk->__sk_common.skc_num};
	const __u8 one = 1;

	if (sk->__sk_common.skc_state == TCP_LISTEN)
		bpf_map_update_elem(&sctp_ports, &key, &one, BPF_ANY);
}

static __always_inline bool sctp_ports_have(__u32 netns, __u16 port)
{
	const struct sctp_port key = {netns, port};

	return bpf_map_lookup_elem(&sctp_ports, &key);
}

#endif
