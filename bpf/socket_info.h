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

/* True if bpf_probe_read_kernel may be called: not under lockdown=confidentiality. User space sets
 * it before it loads the programs. */
const volatile bool reads_kernel;

enum socket_role {
	SOCKET_IDLE = 0,
	SOCKET_LISTENER,
	SOCKET_CONNECTING,
	SOCKET_CONNECTED,
};

/* The process that a socket belongs to. */
struct socket_owner {
	__u64 cgroup_id; /* of the thread group leader */
	__u32 pid;       /* 0: unknown */
	__u32 uid;
	char comm[FLOW_COMM_LEN]; /* the name of the thread group leader */
};

struct socket_info {
	__u64 id;
	__u64 start_ns;       /* time of connect(); 0: accepted, or older than this run */
	__u64 established_ns; /* time of the handshake; 0: unknown */
	__u64 cgroup_id;      /* of the socket, see socket_info_cgroup */
	__u32 netns;          /* inode number of the network namespace; 0: not read yet */
	__u8 role;            /* enum socket_role */
	__u8 direction;       /* enum flow_event_direction */
	__u8 step;            /* the last step that was handled (step_handle); 0: none */
	__u8 end;             /* enum flow_event_end, for RING_EVENT_CLOSED */
	__u16 error;          /* errno of the attempt (failure_error); 0: none */
	__u8 watched;         /* is counted in drops_watch_count (bpf/drops.h) */
	__u8 owner_kind;      /* enum flow_event_owner */
	__u8 owner_settled;   /* no later step changes the owner */
	__u8 owner_moved;     /* the connection is in the owner's cgroup, not in the socket's */
	__u8 awaited;         /* is counted in accepted_awaited (bpf/accepted.h) */
	__u8 sampled;
	struct socket_owner owner;
	/* Multipath TCP (bpf/subflow.h). */
	__u64 subflow_of;    /* id of the connection that this socket joined; 0: none */
	__u64 first_subflow; /* address of the connection's first socket; 0: not Multipath TCP */
	__u32 subflows;      /* number of sockets that joined this one; set at the end */
	__u32 padding_2;
	/* The last sample; valid if `sampled` is set. */
	__u64 sampled_tx;
	__u64 sampled_rx;
	__u32 sampled_retransmits;
	__u8 sampled_state;
	__u8 event_kind;  /* of the event that a step sends; 0: none */
	__u8 event_state; /* tcp_state of this event */
	__u8 pending;     /* is counted in drops_pending (bpf/drops.h) */
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
 * The backfill, tcp_state_change and tcp_state_change_again insert entries. At TCP_CLOSE, the last
 * of these programs that runs deletes the entry. User space has no access.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 262144);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, struct socket_info);
} socket_infos SEC(".maps");

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

/* Call this at TCP_CLOSE, after the end was sent to user space. */
static __always_inline void socket_info_clear(struct socket_info *info)
{
	info->id = 0;
	info->subflow_of = 0;
	info->first_subflow = 0;
	info->subflows = 0;
	info->role = SOCKET_IDLE;
	info->owner_settled = 0;
	info->owner_moved = 0;
	/* If only one of the programs runs at TCP_CLOSE, the map keeps the entry, which the next
	 * socket with this address finds. */
	if (!has_socket_storage) {
		info->owner = (struct socket_owner){};
		info->netns = 0;
	}
}

/* Deletes the socket's entry in socket_infos. Call this when tcp_state_change and its copies have
 * handled TCP_CLOSE. The kernel itself frees the storage of a socket. */
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

/* Fills in the members that do not change while the socket exists. An accepted socket inherits them
 * from its listener, which has the same values (sk_clone_lock). Call this after each
 * socket_info_get that may create the socket_info. */
static __always_inline void socket_info_identify(struct socket_info *info, const struct sock *sk)
{
	if (info->netns)
		return;
	info->netns = socket_info_netns(sk);
	info->cgroup_id = socket_info_cgroup(sk);
}

static __always_inline void socket_owner_set(struct socket_owner *owner, struct task_struct *task)
{
	struct task_struct *leader = task->group_leader;
	const __u64 *comm = (const void *)leader->comm;
	__u64 cgroup_id = leader->cgroups->dfl_cgrp->kn->id;

	/* The verifier refuses one load for pointers of different origins. Keep the compiler from
	 * merging this load with that of socket_info_cgroup. */
	barrier_var(cgroup_id);
	owner->cgroup_id = cgroup_id;
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

	owner->cgroup_id = bpf_get_current_cgroup_id();
	owner->pid = (__u32)(bpf_get_current_pid_tgid() >> 32);
	owner->uid = (__u32)bpf_get_current_uid_gid();
	if (reads_kernel)
		BPF_CORE_READ_INTO(&owner->comm, task, group_leader, comm);
	else
		bpf_get_current_comm(owner->comm, sizeof(owner->comm));
}

/*
 * Sets the owner to the current task. Unlike socket_owner_set, uses helpers where they exist: for
 * each pointer that a program loads through a trusted pointer, the verifier of Linux 6.4 to 6.18
 * searches all types of the kernel up to four times, which takes milliseconds.
 */
static __always_inline void socket_owner_set_by_task(struct socket_owner *owner,
						     struct task_struct *task)
{
	const __u64 *comm = (const void *)task->group_leader->comm;

	owner->cgroup_id = bpf_get_current_cgroup_id();
	owner->pid = (__u32)(bpf_get_current_pid_tgid() >> 32);
	owner->uid = (__u32)bpf_get_current_uid_gid();
	((__u64 *)owner->comm)[0] = comm[0];
	((__u64 *)owner->comm)[1] = comm[1];
}

static __always_inline void socket_owner_set_current(struct socket_owner *owner)
{
	if (has_socket_storage)
		socket_owner_set_by_task(owner, bpf_get_current_task_btf());
	else
		socket_owner_set_by_helpers(owner);
}

static __always_inline bool socket_owner_is(const struct socket_owner *a,
					    const struct socket_owner *b)
{
	const __u64 *left = (const void *)a->comm;
	const __u64 *right = (const void *)b->comm;

	return a->cgroup_id == b->cgroup_id && a->pid == b->pid && a->uid == b->uid &&
	       left[0] == right[0] && left[1] == right[1];
}

#endif
