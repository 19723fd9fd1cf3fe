/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Finds the errno of failed connection attempts. An attempt that has reached SYN_SENT fails with a
 * change of the TCP state, and failure_note finds its errno. A connect() that fails earlier (no
 * route, a route of type "prohibit", EPERM from a cgroup's program or a security module) changes no
 * state, so connect_returned reports it when the system call returns.
 *
 * connect_returned does not see connects of io_uring, or, on x86, of 32-bit programs. The kernel
 * does not run the tracepoint for them (kernel/trace/trace_syscalls.c). Where the kernel attaches
 * programs to functions, connect_exited replaces connect_returned.
 */
#ifndef POLECAT_BPF_FAILURE_H
#define POLECAT_BPF_FAILURE_H

#include "bpf/descriptor.h"
#include "bpf/event.h"
#include "bpf/syscall_function.h"

#include <linux/errno.h>
#include <linux/ptrace.h>

/* include/uapi/linux/errqueue.h */
#define SO_EE_ORIGIN_ICMP  2
#define SO_EE_ORIGIN_ICMP6 3

/* An errno that only the kernel sees: a signal interrupted the call (include/linux/errno.h). */
#define ERESTARTSYS 512

/* True if connect_returned is loaded. User space sets it before it loads the programs. */
const volatile bool connects_reported;

struct failed_attempt {
	__u64 id;
	__u16 error;
	__u8 error_is_assumed; /* see failure_error */
	__u8 padding[5];
};

/*
 * Attempts that failed after SYN_SENT, by the cookie of the socket, so that connect_returned does
 * not report them again. failure_note inserts an entry, and connect_returned deletes it. A
 * non-blocking connect() returns before the attempt fails, so its entry stays until newer entries
 * evict it. If an entry is evicted before its connect() returns, the failure is reported twice.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, struct failed_attempt);
} failed_attempts SEC(".maps");

/*
 * Returns the errno of an attempt that ends now; 0: the process closed its socket before an answer
 * came. An ICMP error that arrives while a system call holds the socket's lock is only in
 * sk_err_soft (tcp_v4_err). An error that the process has read and so cleared is only in
 * info->error (error_reported).
 *
 * If no segment was sent, connect() itself fails, and its errno is not in the socket. Assume
 * EADDRNOTAVAIL: no local port is free (tcp_v4_connect). If connect() failed for another reason,
 * such as lack of memory, connect_returned corrects the errno.
 */
static __always_inline __u16 failure_error(const struct sock *sk, const struct tcp_sock *tcp,
					   const struct socket_info *info,
					   struct failed_attempt *attempt)
{
	if (sk->sk_err)
		return (__u16)sk->sk_err;
	if (sk->sk_err_soft)
		return (__u16)sk->sk_err_soft;
	if (info->error)
		return info->error;
	attempt->error_is_assumed = !tcp->segs_out;
	return attempt->error_is_assumed ? EADDRNOTAVAIL : 0;
}

/* Finds the error of an attempt that fails after SYN_SENT. */
static __always_inline void failure_note(struct sock *sk, struct socket_info *info)
{
	struct failed_attempt attempt = {.id = info->id};
	struct tcp_sock *tcp = bpf_skc_to_tcp_sock(sk);
	__u64 cookie;

	if (!tcp)
		return;
	info->error = attempt.error = failure_error(sk, tcp, info, &attempt);
	if (!connects_reported || !attempt.error)
		return;
	cookie = bpf_get_socket_cookie(sk);
	bpf_map_update_elem(&failed_attempts, &cookie, &attempt, BPF_ANY);
}

/* Returns whether connect() can fail with this error before the socket enters SYN_SENT. The errors
 * below are excluded. Some of them do not mean that an attempt failed (EINPROGRESS, EBADF), and the
 * others occur only after SYN_SENT (ETIMEDOUT). */
static __always_inline bool failure_may_be_early(long error)
{
	switch (error) {
	case EINPROGRESS:
	case EALREADY:
	case EISCONN:
	case EINTR:
	case ERESTARTSYS:
	case EBADF:
	case EFAULT:
	case ENOTSOCK:
	case ETIMEDOUT:
	case ECONNRESET:
	case ECONNABORTED:
	case EPIPE:
		return false;
	}
	return true;
}

/* Returns the cookie of a TCP socket, or of the first subflow of a Multipath TCP socket; 0: the
 * kernel has not assigned one. */
static __always_inline __u64 failure_get_cookie(struct sock *sk)
{
	struct sock *tcp = sk;

	if (BPF_CORE_READ(sk, sk_protocol) == IPPROTO_MPTCP &&
	    bpf_core_field_exists(struct mptcp_sock, first))
		tcp = BPF_CORE_READ((struct mptcp_sock *)sk, first);
	return tcp ? (__u64)BPF_CORE_READ(tcp, __sk_common.skc_cookie.counter) : 0;
}

/* The address passed to connect(): the start of struct sockaddr_in or sockaddr_in6. */
struct failure_address {
	__u16 family;
	__be16 port;
	__be32 ipv4; /* sockaddr_in6: the flow label */
	struct in6_addr ipv6;
};

/* Fills in the destination. Returns false if it is not an IPv4 or IPv6 address. */
static __always_inline bool failure_fill_destination(struct flow_event *event, const void *user,
						     __u32 length)
{
	struct failure_address to = {};

	if (length < sizeof(to.family) + sizeof(to.port) + sizeof(to.ipv4) ||
	    bpf_probe_read_user(&to, sizeof(to.family) + sizeof(to.port) + sizeof(to.ipv4), user))
		return false;
	if (to.family == AF_INET6 &&
	    (length < sizeof(to) || bpf_probe_read_user(&to, sizeof(to), user)))
		return false;
	event->dport = bpf_ntohs(to.port);
	if (to.family == AF_INET) {
		event->family = 4;
		*(__u32 *)event->daddr = to.ipv4;
	} else if (to.family != AF_INET6) {
		return false;
	} else if (event_is_mapped(&to.ipv6)) {
		event->family = 4;
		*(__u32 *)event->daddr = to.ipv6.in6_u.u6_addr32[3];
	} else {
		event->family = 6;
		event_copy_address(event->daddr, &to.ipv6);
	}
	return true;
}

/* Fills in the process's end of the connection. Address and port are 0 unless the process passed
 * them to bind(). */
static __always_inline void failure_fill_source(struct flow_event *event, struct sock *sk)
{
	struct in6_addr local = {};

	event->cgroup_id = BPF_CORE_READ(sk, sk_cgrp_data.cgroup, kn, id);
	event->netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
	event->sport = BPF_CORE_READ(sk, __sk_common.skc_num);
	if (event->family == 4) {
		*(__u32 *)event->saddr = BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr);
		return;
	}
	BPF_CORE_READ_INTO(&local, sk, __sk_common.skc_v6_rcv_saddr);
	event_copy_address(event->saddr, &local);
}

/* Returns true if the attempt was reported with this error. If it was reported with an assumed
 * error that differs, gives the event the attempt's id, so that the event corrects the report. */
static __always_inline bool failure_is_known(struct flow_event *event, struct sock *sk)
{
	__u64 cookie = failure_get_cookie(sk);
	struct failed_attempt *attempt;
	bool known;

	attempt = cookie ? bpf_map_lookup_elem(&failed_attempts, &cookie) : NULL;
	if (!attempt)
		return false;
	known = attempt->error == event->error;
	if (!known && attempt->error_is_assumed)
		event->id = attempt->id;
	bpf_map_delete_elem(&failed_attempts, &cookie);
	return known;
}

static __always_inline void failure_send(const struct flow_event *from)
{
	struct flow_event *event;

	if (mute_by_cgroup && bpf_map_lookup_elem(&muted, &from->cgroup_id))
		return;
	event = ring_reserve(from->cgroup_id, sizeof(*event));
	if (!event)
		return;
	__builtin_memcpy(event, from, sizeof(*event));
	bpf_ringbuf_submit(event, event_wake_flags());
}

/* The context of the tracepoint: /sys/kernel/tracing/events/syscalls/sys_exit_connect/format. */
struct connect_exit {
	__u64 common;
	__u64 number;
	long result;
};

/* Returns the errno of the newest ICMP message in the socket's queue of errors; 0: none. */
static __always_inline __u16 failure_read_queue(struct sock *sk)
{
	struct sk_buff *newest = sk->sk_error_queue.prev;
	const struct sock_exterr_skb *message = (const void *)newest->cb;
	__u8 origin;

	if ((void *)newest == (void *)&sk->sk_error_queue)
		return 0;
	origin = message->ee.ee_origin;
	if (origin != SO_EE_ORIGIN_ICMP && origin != SO_EE_ORIGIN_ICMP6)
		return 0;
	return (__u16)message->ee.ee_errno;
}

/*
 * Keeps the error of an attempt when the kernel reports it to the process, because the process may
 * read and so clear it (SO_ERROR) before the attempt ends. An ICMP error may now be only in the
 * queue of errors, because tcp_v4_err sets sk_err_soft after this report.
 */
SEC("?tp_btf/inet_sk_error_report")
int BPF_PROG(error_reported, struct sock *sk)
{
	__u8 state = sk->__sk_common.skc_state;
	struct socket_info *info;
	__u16 error;

	if ((state != TCP_SYN_SENT && state != TCP_SYN_RECV) || sk->sk_protocol != IPPROTO_TCP)
		return 0;
	error = (__u16)(sk->sk_err ? sk->sk_err : sk->sk_err_soft);
	if (!error)
		error = failure_read_queue(sk);
	info = error ? socket_info_get(sk, false) : NULL;
	if (info)
		info->error = error;
	return 0;
}

/* connect() returned. Runs in the caller's context. */
static __always_inline int failure_connect(long result)
{
	struct flow_event event = {
		.kind = RING_EVENT_FAILED, .direction = FLOW_EVENT_EGRESS, .tcp_state = TCP_CLOSE};
	struct task_struct *task;
	struct socket_owner owner;
	struct pt_regs *regs;
	struct sock *sk;
	__u16 protocol;

	if (result >= 0 || !failure_may_be_early(-result))
		return 0;
	task = bpf_get_current_task_btf();
	regs = (struct pt_regs *)bpf_task_pt_regs(task);
	sk = descriptor_get_socket(task, (unsigned int)PT_REGS_PARM1_SYSCALL(regs));
	if (!sk)
		return 0;
	protocol = BPF_CORE_READ(sk, sk_protocol);
	/* Errors above 255 are internal to the kernel (include/linux/errno.h). */
	event.error = result >= -255 ? (__u8)-result : 0;
	if ((protocol != IPPROTO_TCP && protocol != IPPROTO_MPTCP) ||
	    !failure_fill_destination(&event, (const void *)PT_REGS_PARM2_SYSCALL(regs),
				      (__u32)PT_REGS_PARM3_SYSCALL(regs)) ||
	    failure_is_known(&event, sk))
		return 0;
	failure_fill_source(&event, sk);
	event.time_ns = bpf_ktime_get_boot_ns();
	if (!event.id)
		event.id = counters_next_id(event.time_ns);
	socket_owner_set_by_task(&owner, task);
	event.pid = owner.pid;
	event.uid = owner.uid;
	__builtin_memcpy(event.comm, owner.comm, sizeof(event.comm));
	failure_send(&event);
	return 0;
}

#ifdef SYSCALL_FUNCTION
/* Costs less than the tracepoint below (see accept_exited). */
SEC("?fexit/" SYSCALL_FUNCTION(connect))
int BPF_PROG(connect_exited, const struct pt_regs *regs, long result)
{
	return failure_connect(result);
}
#endif

SEC("?tracepoint/syscalls/sys_exit_connect")
int connect_returned(struct connect_exit *context)
{
	return failure_connect(context->result);
}

#endif
