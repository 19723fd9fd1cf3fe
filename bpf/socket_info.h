/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The state that polecat stores with a socket between events: id, owner, direction, last sample. */
#ifndef POLECAT_BPF_SOCKET_INFO_H
#define POLECAT_BPF_SOCKET_INFO_H

#include "bpf/counters.h"
#include "bpf/flow_event.h"
#include "bpf/kernel_types.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

/*
 * True if programs on tracepoints may use the storage of sockets, bpf_get_current_task_btf and
 * bpf_sock_from_file, as on Linux 5.11 and later. If false, the map socket_infos replaces the
 * storage, and the programs read through bpf_probe_read_kernel. User space sets it before it loads
 * the programs.
 */
const volatile bool has_socket_storage;

/* True if bpf_probe_read_kernel may be called: not under lockdown=confidentiality. User space sets it
 * before it loads the programs. */
const volatile bool reads_kernel;

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
} __attribute__((aligned(8)));

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

/*
 * Replaces the map `sockets` if has_socket_storage is false. The key is the address of the socket.
 * The same programs insert, and both steps of TCP_CLOSE (step_handle) delete. User space has no
 * access.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 262144);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, struct socket_info);
} socket_infos SEC(".maps");

struct listen_key {
	__u32 netns;
	__u32 port;
};

struct listen_owner {
	struct socket_owner owner;
	__u32 backlog; /* see socket_info_guess_direction */
	__u32 padding;
};

/*
 * For each network namespace and port, the first process that backfill_listeners found listening
 * when the collector started. The map gives an owner to connections that did not inherit one:
 * connections that were in the accept queue at the start, and all connections to listeners of
 * Multipath TCP, which Go programs use by default since Go 1.24. The file of such a listener leads
 * to the MPTCP socket, from which a program cannot reach the TCP socket. backfill_listeners
 * inserts, the functions below read, and nothing deletes. Without has_socket_storage, connections
 * inherit no owner, and the last process that called listen() for the port is the owner.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct listen_key);
	__type(value, struct listen_owner);
} listen_owners SEC(".maps");

/* Returns the socket_info in the map socket_infos. */
static __always_inline struct socket_info *socket_info_get_mapped(__u64 address, bool create)
{
	static const struct socket_info empty;
	struct socket_info *info = bpf_map_lookup_elem(&socket_infos, &address);

	if (info || !create)
		return info;
	bpf_map_update_elem(&socket_infos, &address, &empty, BPF_NOEXIST);
	return bpf_map_lookup_elem(&socket_infos, &address);
}

static __always_inline struct socket_info *socket_info_get(struct sock *sk, bool create)
{
	struct socket_info *info;

	if (has_socket_storage)
		info = bpf_sk_storage_get(&sockets, sk, 0,
					  create ? BPF_SK_STORAGE_GET_F_CREATE : 0);
	else
		info = socket_info_get_mapped((__u64)sk, create);
	if (!info && create)
		counters_add_lost();
	return info;
}

/* Call this at TCP_CLOSE, after the event. */
static __always_inline void socket_info_clear(struct socket_info *info)
{
	info->id = 0;
	info->role = SOCKET_IDLE;
	/* If only one of the programs runs at TCP_CLOSE, the map keeps the entry, which the next
	 * socket with this address finds. */
	if (!has_socket_storage)
		info->owner = (struct socket_owner){};
}

/* Call this when both programs have handled TCP_CLOSE. The storage of a socket needs no deletion. */
static __always_inline void socket_info_forget(struct sock *sk)
{
	__u64 address = (__u64)sk;

	if (!has_socket_storage)
		bpf_map_delete_elem(&socket_infos, &address);
}

/* Without has_socket_storage, the socket may be a copy (backfill_copy_socket). The verifier then
 * does not know the types of the pointers in it. The same applies to socket_info_cgroup. */
static __always_inline __u32 socket_info_netns(const struct sock *sk)
{
	if (!has_socket_storage)
		return BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
	return sk->__sk_common.skc_net.net->ns.inum;
}

/* Returns the id of the socket's cgroup in the hierarchy of cgroup v2; 0: unknown. */
static __always_inline __u64 socket_info_cgroup(const struct sock *sk)
{
	__u64 value;

	if (bpf_core_field_exists(sk->sk_cgrp_data.cgroup)) {
		if (!has_socket_storage)
			return BPF_CORE_READ(sk, sk_cgrp_data.cgroup, kn, id);
		return sk->sk_cgrp_data.cgroup->kn->id;
	}
	if (!reads_kernel)
		return 0;
	/* Before Linux 5.15, flags in the lowest bits say that the socket has a class or a priority
	 * of cgroup v1 in place of a cgroup (sock_cgroup_ptr in include/linux/cgroup.h). */
	value = BPF_CORE_READ((const struct sock___before_5_15 *)sk, sk_cgrp_data.val);
	if (!value || value & 3)
		return CGROUP_ROOT_ID;
	return BPF_CORE_READ((struct cgroup *)value, kn, id);
}

static __always_inline void socket_owner_set(struct socket_owner *owner, struct task_struct *task)
{
	const __u64 *comm = (const void *)task->group_leader->comm;

	owner->pid = (__u32)task->tgid;
	owner->uid = task->cred->uid.val;
	((__u64 *)owner->comm)[0] = comm[0];
	((__u64 *)owner->comm)[1] = comm[1];
}

/* Sets the owner to the current task where bpf_get_current_task_btf does not exist. Without
 * reads_kernel, the name is that of the thread. */
static __always_inline void socket_owner_set_by_helpers(struct socket_owner *owner)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	owner->pid = (__u32)(bpf_get_current_pid_tgid() >> 32);
	owner->uid = (__u32)bpf_get_current_uid_gid();
	if (reads_kernel)
		BPF_CORE_READ_INTO(&owner->comm, task, group_leader, comm);
	else
		bpf_get_current_comm(owner->comm, sizeof(owner->comm));
}

static __always_inline void socket_owner_set_current(struct socket_owner *owner)
{
	if (has_socket_storage)
		socket_owner_set(owner, bpf_get_current_task_btf());
	else
		socket_owner_set_by_helpers(owner);
}

static __always_inline struct listen_owner *socket_info_find_listener(const struct sock *sk,
								      __u16 local_port)
{
	struct listen_key key = {.netns = socket_info_netns(sk), .port = local_port};

	return bpf_map_lookup_elem(&listen_owners, &key);
}

/* Sets the owner of the socket's port. Returns false if the map is full. */
static __always_inline bool socket_info_set_listener(const struct sock *sk,
						     const struct socket_owner *owner)
{
	struct listen_key key = {.netns = socket_info_netns(sk), .port = sk->__sk_common.skc_num};
	struct listen_owner listener = {.owner = *owner, .backlog = sk->sk_max_ack_backlog};

	return !bpf_map_update_elem(&listen_owners, &key, &listener, BPF_ANY);
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
