/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The state that polecat stores with a socket between events: id, owner, direction, last sample. */
#ifndef POLECAT_BPF_SOCKET_INFO_H
#define POLECAT_BPF_SOCKET_INFO_H

#include "bpf/counters.h"
#include "bpf/flow_event.h"
#include "bpf/kernel_types.h"

#include <bpf/bpf_tracing.h>

enum socket_role {
	SOCKET_IDLE = 0,
	SOCKET_LISTENER,
	SOCKET_CONNECTING,
	SOCKET_CONNECTED,
};

/* The process that a socket belongs to. */
struct socket_owner {
	__u32 pid; /* 0: unknown */
	__u32 uid;
	char comm[FLOW_COMM_LEN]; /* the name of the thread group leader */
};

struct socket_info {
	__u64 id;
	__u64 start_ns;            /* time of connect(); 0: accepted, or older than this run */
	__u64 established_ns;      /* time of the handshake; 0: unknown */
	__u64 sampled_tx;          /* valid if sampled is set */
	__u64 sampled_rx;          /* valid if sampled is set */
	__u32 sampled_retransmits; /* valid if sampled is set */
	__u8 role;                 /* enum socket_role */
	__u8 direction;            /* enum flow_event_direction */
	__u8 sampled;
	__u8 step; /* the step that only one of the twin programs has seen (step_handle); 0: none */
	__u16 error;        /* errno of the attempt (failure_error); 0: none */
	__u8 watched;       /* is in drop_watches (bpf/drops.h) */
	__u8 end;           /* enum flow_event_end, for RING_EVENT_CLOSED */
	__u8 sampled_state; /* valid if sampled is set */
	__u8 padding[3];
	struct socket_owner owner;
};

/*
 * The socket_info of each socket. The kernel stores it in the socket and frees it with the socket.
 * tcp_state_change and the backfill create it, all programs read it, and user space has no access.
 * The child of a listening socket starts with a copy of the listener's socket_info (BPF_F_CLONE).
 * Through this copy, an accepted connection knows its owner.
 */
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_CLONE);
	__type(key, int);
	__type(value, struct socket_info);
} sockets SEC(".maps");

struct listen_key {
	__u32 netns;
	__u32 port;
};

struct listen_owner {
	struct socket_owner owner;
	__u32 backlog; /* see socket_info_guess_direction */
};

/*
 * For each network namespace and port, the first process that backfill_listeners found listening
 * when the collector started. The map gives an owner to connections that did not inherit one:
 * connections that were in the accept queue at the start, and all connections to listeners of
 * Multipath TCP, which Go programs use by default since Go 1.24. The file of such a listener leads
 * to the MPTCP socket, from which a program cannot reach the TCP socket. backfill_listeners
 * inserts, the functions below read, and nothing deletes.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct listen_key);
	__type(value, struct listen_owner);
} listen_owners SEC(".maps");

static __always_inline struct socket_info *socket_info_get(struct sock *sk, bool create)
{
	struct socket_info *info =
		bpf_sk_storage_get(&sockets, sk, 0, create ? BPF_SK_STORAGE_GET_F_CREATE : 0);

	if (!info && create)
		counters_add_lost();
	return info;
}

static __always_inline __u32 socket_info_netns(const struct sock *sk)
{
	return sk->__sk_common.skc_net.net->ns.inum;
}

static __always_inline void socket_owner_set(struct socket_owner *owner, struct task_struct *task)
{
	struct task_struct *leader = task->group_leader;

	owner->pid = (__u32)task->tgid;
	owner->uid = task->cred->uid.val;
	bpf_probe_read_kernel(&owner->comm, sizeof(owner->comm), &leader->comm);
}

static __always_inline struct listen_owner *socket_info_find_listener(const struct sock *sk,
								      __u16 local_port)
{
	struct listen_key key = {.netns = socket_info_netns(sk), .port = local_port};

	return bpf_map_lookup_elem(&listen_owners, &key);
}

/*
 * Returns the direction of a socket that was open before polecat started. An accepted socket began
 * as a copy of its listener, including the backlog (sk_clone_lock). No other open socket has a
 * backlog. A socket without a backlog is ingress only if a listener with backlog 0 uses its local
 * port.
 */
static __always_inline __u8 socket_info_guess_direction(const struct sock *sk, __u16 local_port)
{
	const struct listen_owner *listener;

	if (sk->sk_max_ack_backlog)
		return FLOW_EVENT_INGRESS;
	listener = socket_info_find_listener(sk, local_port);
	return listener && !listener->backlog ? FLOW_EVENT_INGRESS : FLOW_EVENT_EGRESS;
}

/* Gives the listener's owner to an accepted socket that did not inherit an owner. */
static __always_inline void socket_info_find_owner(struct socket_info *info, const struct sock *sk,
						   __u16 local_port)
{
	const struct listen_owner *listener;

	if (info->owner.pid || info->direction != FLOW_EVENT_INGRESS)
		return;
	listener = socket_info_find_listener(sk, local_port);
	if (listener)
		info->owner = listener->owner;
}

#endif
