/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Finds the process that uses an accepted connection. The kernel accepts a connection when the
 * handshake is complete, in the context of any task, so at first only the listening process is
 * known. The connection may be used by another process: a worker that the listening process forked,
 * a program to which it passed the listening socket (socket activation, SCM_RIGHTS, exec), or a
 * child process for each connection. The programs below find the process at the first of these
 * steps: accept() returns, the first data is read, or the first data is written.
 *
 * accept_returned runs at system calls, so it does not see accepts of io_uring, or, on x86, of
 * 32-bit programs. Where the kernel attaches programs to functions, accept_exited replaces it, and
 * accept4_exited replaces accept4_returned. The tasks of the kernel own no connections.
 */
#ifndef POLECAT_BPF_ACCEPTED_H
#define POLECAT_BPF_ACCEPTED_H

#include "bpf/descriptor.h"
#include "bpf/failure.h"
#include "bpf/listeners.h"
#include "bpf/subflow.h"

/* Nonzero after the first insertion into `acceptors`. */
__u32 acceptors_used;

/* The number of open accepted connections that no process has used yet. socket_read and
 * socket_written wait for the first use of such a connection. While the number is 0, these programs
 * return at once, except for sockets in TCP_SYN_RECV (TCP Fast Open). */
__u32 accepted_awaited;

/*
 * Processes that accepted a connection although another process owns the listening socket. The key
 * is the cookie of the accepted socket. accept_returned inserts an entry, and accepted_settle moves
 * its value to the socket_info. If the map is full, an insertion evicts an entry. Then only user
 * space still knows the process of the evicted entry.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, __u64);
	__type(value, struct socket_owner);
} acceptors SEC(".maps");

/* Returns a new id for a connection that the socket did not open with connect(). */
static __always_inline __u64 accepted_new_id(struct sock *sk, __u64 now)
{
	/* Without accept_returned, no other program needs the id, and the kernel may lack the
	 * helper. */
	return accepts_reported ? counters_cookie_id(bpf_get_socket_cookie(sk))
				: counters_next_id(now);
}

/* Gives the connection to another process. */
static __always_inline void accepted_move(struct socket_info *info,
					  const struct socket_owner *owner)
{
	info->owner = *owner;
	info->owner_kind = FLOW_EVENT_OWNER_SELF;
	info->owner_moved = 1;
}

/* Copies the owner that accept_returned found, if there is one. */
static __always_inline void accepted_settle(struct socket_info *info, struct sock *sk)
{
	const struct socket_owner *owner;
	__u64 cookie;

	if (info->owner_kind != FLOW_EVENT_OWNER_LISTENER || !accepts_reported || !acceptors_used)
		return;
	cookie = bpf_get_socket_cookie(sk);
	owner = bpf_map_lookup_elem(&acceptors, &cookie);
	if (!owner)
		return;
	accepted_move(info, owner);
	bpf_map_delete_elem(&acceptors, &cookie);
}

/* Counts a connection that no process has used yet. */
static __always_inline void accepted_await(struct socket_info *info)
{
	if (!has_socket_storage || info->direction != FLOW_EVENT_INGRESS || info->owner_settled ||
	    info->awaited)
		return;
	info->awaited = 1;
	__sync_fetch_and_add(&accepted_awaited, 1);
}

/* Call this when the first process has used the connection, and when the connection ends. */
static __always_inline void accepted_await_end(struct socket_info *info)
{
	if (!info->awaited)
		return;
	info->awaited = 0;
	__sync_fetch_and_sub(&accepted_awaited, 1);
}

/* Begins a connection that was accepted. The caller sends RING_EVENT_ACCEPTED. */
static __always_inline void accepted_begin(struct sock *sk, struct socket_info *info, __u64 now)
{
	info->id = accepted_new_id(sk, now);
	info->established_ns = now;
	info->start_ns = 0;
	info->sampled = 0;
	info->role = SOCKET_CONNECTED;
	info->direction = FLOW_EVENT_INGRESS;
	accepted_await(info);
}

/* The current task reads from the socket or writes to it. */
static __always_inline void accepted_use(struct sock *sk)
{
	struct socket_info *info;
	struct task_struct *task;
	struct socket_owner owner;
	__u8 kind = RING_EVENT_OWNER;
	__u64 now;

	/* A process may use a TCP Fast Open connection before it begins. */
	if (!*(volatile __u32 *)&accepted_awaited && sk->__sk_common.skc_state != TCP_SYN_RECV)
		return;
	if (sk->sk_protocol != IPPROTO_TCP)
		return;
	info = socket_info_get(sk, false);
	if (!info || info->owner_settled || info->direction != FLOW_EVENT_INGRESS)
		return;
	task = bpf_get_current_task_btf();
	if (task->flags & PF_KTHREAD)
		return;
	socket_owner_set_by_task(&owner, task);
	info->owner_settled = 1;
	accepted_await_end(info);
	now = bpf_ktime_get_boot_ns();
	if (info->role == SOCKET_LISTENER) {
		/* TCP Fast Open: the process reads or writes before the handshake is complete. The
		 * socket_info is still the copy of the listener's. */
		if (!socket_owner_is(&info->owner, &owner))
			accepted_move(info, &owner);
		accepted_begin(sk, info, now);
		kind = RING_EVENT_ACCEPTED;
	} else {
		accepted_settle(info, sk);
		info->owner_kind = FLOW_EVENT_OWNER_SELF;
		if (!info->id || socket_owner_is(&info->owner, &owner))
			return;
		accepted_move(info, &owner);
	}
	event_send(kind, sk, info, sk->__sk_common.skc_state, now);
}

/* The process has read data. The kernel also reads for itself, in interrupts, without owning the
 * lock of the socket. */
SEC("?tp_btf/tcp_rcv_space_adjust")
int BPF_PROG(socket_read, struct sock *sk)
{
	if (sk->sk_lock.owned)
		accepted_use(sk);
	return 0;
}

/* The process writes data. Since Linux 6.16. */
SEC("?tp_btf/tcp_sendmsg_locked")
int BPF_PROG(socket_writes, struct sock *sk)
{
	accepted_use(sk);
	return 0;
}

/* The process has written data. Replaces socket_writes on kernels without its tracepoint. Costs
 * more, because it runs for the sockets of all protocols. */
SEC("?tp_btf/sock_send_length")
int BPF_PROG(socket_written, struct sock *sk, int result)
{
	if (result > 0)
		accepted_use(sk);
	return 0;
}

/* The context of the tracepoints: /sys/kernel/tracing/events/syscalls/sys_exit_accept/format. */
struct accept_exit {
	__u64 common;
	__u64 number;
	long result;
};

/* Returns the TCP socket of an MPTCP socket, and other sockets as they are. */
static __always_inline struct sock *accepted_get_tcp(struct sock *sk)
{
	if (BPF_CORE_READ(sk, sk_protocol) != IPPROTO_MPTCP ||
	    !bpf_core_field_exists(struct mptcp_sock, first))
		return sk;
	return BPF_CORE_READ((struct mptcp_sock *)sk, first);
}

/* Returns whether the process itself listens on the socket. */
static __always_inline bool accepted_listens(struct sock *listener,
					     const struct socket_owner *owner)
{
	const struct socket_owner *known;
	__u64 key = (unsigned long)listener;

	known = bpf_map_lookup_elem(&listening, &key);
	if (!known) {
		key = (unsigned long)accepted_get_tcp(listener);
		known = bpf_map_lookup_elem(&listening, &key);
	}
	return known && socket_owner_is(known, owner);
}

/* Fills in the ends of an accepted connection. */
static __always_inline void accepted_fill_ends(struct flow_event *event, struct sock *sk)
{
	struct in6_addr local = {};
	struct in6_addr remote = {};

	event->sport = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
	event->dport = BPF_CORE_READ(sk, __sk_common.skc_num);
	event->family = 4;
	if (BPF_CORE_READ(sk, __sk_common.skc_family) == AF_INET6) {
		BPF_CORE_READ_INTO(&local, sk, __sk_common.skc_v6_rcv_saddr);
		BPF_CORE_READ_INTO(&remote, sk, __sk_common.skc_v6_daddr);
		if (!event_is_mapped(&remote)) {
			event->family = 6;
			event_copy_address(event->saddr, &remote);
			event_copy_address(event->daddr, &local);
			return;
		}
	}
	*(__u32 *)event->saddr = BPF_CORE_READ(sk, __sk_common.skc_daddr);
	*(__u32 *)event->daddr = BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr);
}

/* accept() returned a descriptor. Runs in the context of the process that accepts. */
static __always_inline int accepted_note(long result)
{
	struct flow_event event = {.kind = RING_EVENT_OWNER, .direction = FLOW_EVENT_INGRESS};
	struct socket_owner owner;
	struct task_struct *task;
	struct pt_regs *regs;
	struct sock *sk;
	__u64 cookie;

	if (result < 0)
		return 0;
	task = bpf_get_current_task_btf();
	regs = (struct pt_regs *)bpf_task_pt_regs(task);
	sk = descriptor_get_socket(task, (unsigned int)PT_REGS_PARM1_SYSCALL(regs));
	if (!sk)
		return 0;
	socket_owner_set_by_task(&owner, task);
	if (accepted_listens(sk, &owner))
		return 0;
	sk = descriptor_get_socket(task, (unsigned int)result);
	sk = sk ? accepted_get_tcp(sk) : NULL;
	if (!sk || BPF_CORE_READ(sk, sk_protocol) != IPPROTO_TCP)
		return 0;
	/* A connection without a cookie has not been reported yet. It is older than this run, or
	 * its Fast Open handshake is not complete. The backfill or accepted_use finds its owner. */
	cookie = (__u64)BPF_CORE_READ(sk, __sk_common.skc_cookie.counter);
	if (!cookie)
		return 0;
	subflow_accepted(sk, &owner);
	/* backfill_add_owner has found this process already. */
	if (bpf_map_update_elem(&acceptors, &cookie, &owner, BPF_NOEXIST) == -EEXIST)
		return 0;
	acceptors_used = 1;
	event.id = counters_cookie_id(cookie);
	event.time_ns = bpf_ktime_get_boot_ns();
	event.tcp_state = BPF_CORE_READ(sk, __sk_common.skc_state);
	event.netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
	event.cgroup_id = owner.cgroup_id;
	event.pid = owner.pid;
	event.uid = owner.uid;
	__builtin_memcpy(event.comm, owner.comm, sizeof(event.comm));
	accepted_fill_ends(&event, sk);
	failure_send(&event);
	return 0;
}

#ifdef SYSCALL_FUNCTION
/* These two cost less than the tracepoints below. While any program is attached to such a
 * tracepoint, all system calls of all processes take longer. */
SEC("?fexit/" SYSCALL_FUNCTION(accept))
int BPF_PROG(accept_exited, const struct pt_regs *regs, long result)
{
	return accepted_note(result);
}

SEC("?fexit/" SYSCALL_FUNCTION(accept4))
int BPF_PROG(accept4_exited, const struct pt_regs *regs, long result)
{
	return accepted_note(result);
}
#endif

SEC("?tracepoint/syscalls/sys_exit_accept")
int accept_returned(struct accept_exit *context)
{
	return accepted_note(context->result);
}

SEC("?tracepoint/syscalls/sys_exit_accept4")
int accept4_returned(struct accept_exit *context)
{
	return accepted_note(context->result);
}

#endif
