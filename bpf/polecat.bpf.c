// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The programs on tracepoints. tcp_state_change and tcp_state_change_twin (see step_handle) report
 * steps of the TCP state machine. cgroup_made reports a new cgroup before the first process runs in
 * it. cgroup_gone reports a removed cgroup. The iterators are in backfill.h, and accepted.h,
 * drops.h and failure.h have optional programs.
 */
#include "bpf/accepted.h"
#include "bpf/backfill_copies.h"
#include "bpf/drops.h"
#include "bpf/end.h"
#include "bpf/failure.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* connect() was called. Runs in the caller's context. */
static __always_inline void step_attempt(struct sock *sk, struct socket_info *info, __u64 now)
{
	/* Reset everything: a process may call connect() again after a failure. */
	info->id = counters_next_id(now);
	info->start_ns = now;
	info->established_ns = 0;
	info->sampled = 0;
	info->error = 0;
	info->watched = 0;
	info->role = SOCKET_CONNECTING;
	info->direction = FLOW_EVENT_EGRESS;
	info->owner_kind = FLOW_EVENT_OWNER_SELF;
	info->owner_settled = 1;
	info->owner_moved = 0;
	socket_owner_set_current(&info->owner);
	event_send(RING_EVENT_ATTEMPT, sk, info, TCP_SYN_SENT, now);
}

/* listen() was called. Runs in the caller's context. */
static __always_inline void step_listen(struct sock *sk, struct socket_info *info)
{
	struct listen_key key;

	info->role = SOCKET_LISTENER;
	info->direction = FLOW_EVENT_INGRESS;
	info->owner_kind = FLOW_EVENT_OWNER_SELF;
	/* Accepted sockets start with a copy of this socket_info, and their owners may change. */
	info->owner_settled = 0;
	info->owner_moved = 0;
	socket_owner_set_current(&info->owner);
	listeners_add(sk, &info->owner, BPF_ANY);
	/* With socket storage, accepted sockets inherit the owner. Without it, store the owner by
	 * the listener's address. */
	if (has_socket_storage)
		return;
	listeners_fill_key(&key, sk, sk->__sk_common.skc_num);
	if (!listeners_set_owner(&key, sk, &info->owner))
		counters_add_lost();
}

/* A connection was accepted for a listener. */
static __always_inline void step_accepted(struct sock *sk, struct socket_info *info, __u64 now)
{
	listeners_find_owner(info, sk, sk->__sk_common.skc_num);
	accepted_begin(sk, info, TCP_ESTABLISHED, now);
}

/* A TCP Fast Open connection ends before its handshake is complete, and no program has seen the
 * process that used it. Its duration is unknown. */
static __always_inline void step_accepted_at_end(struct sock *sk, struct socket_info *info,
						 __u64 now)
{
	struct tcp_sock *tcp = bpf_skc_to_tcp_sock(sk);

	if (!tcp)
		return;
	listeners_find_owner(info, sk, event_local_port(tcp));
	accepted_begin(sk, info, TCP_SYN_RECV, now);
	info->established_ns = 0;
}

/* The handshake is complete. Runs in the context that the last packet of the handshake interrupts,
 * so the current task need not be the socket's owner. */
static __always_inline void step_established(struct sock *sk, struct socket_info *info,
					     int old_state, __u64 now)
{
	drops_forget(sk, info);
	/* In a simultaneous open, old_state is SYN_RECV. */
	if (old_state != TCP_SYN_SENT && info->role != SOCKET_CONNECTING) {
		/* With TCP Fast Open, accepted_use may have reported the connection before the
		 * handshake is complete. */
		if (info->role != SOCKET_CONNECTED)
			step_accepted(sk, info, now);
		return;
	}
	info->established_ns = now;
	if (info->role != SOCKET_CONNECTING) { /* connect() was called before polecat started */
		info->id = accepted_new_id(sk, now);
		info->direction = FLOW_EVENT_EGRESS;
		info->start_ns = 0;
		info->sampled = 0;
	}
	info->role = SOCKET_CONNECTED;
	event_send(RING_EVENT_ESTABLISHED, sk, info, TCP_ESTABLISHED, now);
}

static __always_inline void step_close(struct sock *sk, struct socket_info *info, int old_state,
				       __u64 now)
{
	struct tcp_sock *tcp;
	__u16 local_port;
	bool failed;

	if (old_state == TCP_LISTEN) {
		listeners_remove(sk);
		socket_info_clear(info);
		return;
	}
	if (old_state == TCP_SYN_RECV &&
	    (info->role == SOCKET_LISTENER || info->role == SOCKET_IDLE))
		step_accepted_at_end(sk, info, now);
	if (!info->id) {
		/* The connection is older than this run, and the backfill found no process that
		 * holds it. */
		tcp = bpf_skc_to_tcp_sock(sk);
		if (!tcp)
			return;
		local_port = event_local_port(tcp);
		info->id = accepted_new_id(sk, now);
		info->established_ns = 0;
		info->start_ns = 0;
		info->owner = (struct socket_owner){};
		info->direction = old_state == TCP_SYN_SENT
					  ? FLOW_EVENT_EGRESS
					  : listeners_guess_direction(sk, local_port);
		if (info->direction == FLOW_EVENT_INGRESS)
			listeners_find_owner(info, sk, local_port);
	}
	failed = old_state == TCP_SYN_SENT ||
		 (old_state == TCP_SYN_RECV && info->role == SOCKET_CONNECTING);
	if (failed)
		failure_note(sk, info);
	else
		info->end = end_of(sk, old_state);
	drops_forget(sk, info);
	accepted_settle(info, sk);
	event_send(failed ? RING_EVENT_FAILED : RING_EVENT_CLOSED, sk, info, TCP_CLOSE, now);
	socket_info_clear(info);
}

/* Returns whether a socket in TCP_SYN_RECV comes from a listener, and no step of it was reported.
 * Without has_socket_storage, it has no copy of its listener's socket_info. */
static __always_inline bool step_is_unreported_child(const struct sock *sk,
						     const struct socket_info *info)
{
	if (info && info->role != SOCKET_IDLE)
		return info->role == SOCKET_LISTENER;
	return !has_socket_storage && sk->sk_max_ack_backlog;
}

/* Returns whether step_handle must act on a step. Valid only if new_state is a case of the switch
 * in step_handle. */
static __always_inline bool step_is_relevant(const struct sock *sk, const struct socket_info *info,
					     int old_state, int new_state)
{
	if (old_state == TCP_SYN_RECV && new_state != TCP_ESTABLISHED &&
	    step_is_unreported_child(sk, info))
		/* A TCP Fast Open connection ends before the handshake is complete. Without a
		 * struct socket, no process has accepted it. */
		return sk->sk_socket;
	if (new_state == TCP_FIN_WAIT1)
		return false;
	if (new_state != TCP_CLOSE)
		return true;
	switch (old_state) {
	case TCP_CLOSE:
		return false;
	case TCP_LISTEN:
		return info;
	case TCP_SYN_RECV:
		/* Report the failure of a simultaneous open, which was reported as an attempt, and
		 * the end of a TCP Fast Open connection that a process used. Any other incoming
		 * connection in SYN_RECV was not reported yet. */
		return info && (info->role == SOCKET_CONNECTING || info->role == SOCKET_CONNECTED);
	}
	return true;
}

/*
 * Handles one step of the state machine.
 *
 * The kernel skips a program that would interrupt itself on the same CPU (prog->active). A packet
 * may interrupt a process while the program handles a step of another socket, so one program alone
 * would lose steps. Therefore two programs with this body are attached to the hook. Such interrupts
 * do not nest (a softirq does not interrupt a softirq), so the kernel skips at most one of the two
 * programs. The program that runs first handles the step and marks it in info->step. The other
 * program finds the mark and clears it. If the kernel skips the other program, the mark stays. A
 * stale mark never equals the next step, because the steps of one socket do not overlap and the
 * same step does not occur twice in a row.
 */
static __always_inline int step_handle(struct sock *sk, int old_state, int new_state)
{
	__u8 step = (__u8)(old_state << 4 | new_state);
	struct socket_info *info;
	__u64 now;

	if (sk->sk_protocol != IPPROTO_TCP)
		return 0;
	if (new_state != TCP_SYN_SENT && new_state != TCP_ESTABLISHED && new_state != TCP_CLOSE &&
	    new_state != TCP_LISTEN && !(old_state == TCP_SYN_RECV && new_state == TCP_FIN_WAIT1))
		return 0;
	info = socket_info_get(sk, false);
	if (info && info->step == step) {
		info->step = 0;
		if (new_state == TCP_CLOSE)
			socket_info_forget(sk);
		return 0;
	}
	if (!step_is_relevant(sk, info, old_state, new_state))
		return 0;
	if (!info)
		info = socket_info_get(sk, true);
	if (!info)
		return 0;
	info->step = step;
	now = bpf_ktime_get_boot_ns();
	switch (new_state) {
	case TCP_SYN_SENT:
		step_attempt(sk, info, now);
		break;
	case TCP_ESTABLISHED:
		step_established(sk, info, old_state, now);
		break;
	case TCP_CLOSE:
		step_close(sk, info, old_state, now);
		break;
	case TCP_LISTEN:
		step_listen(sk, info);
		break;
	case TCP_FIN_WAIT1:
		step_accepted_at_end(sk, info, now);
		break;
	}
	return 0;
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(tcp_state_change, struct sock *sk, int old_state, int new_state)
{
	return step_handle(sk, old_state, new_state);
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(tcp_state_change_twin, struct sock *sk, int old_state, int new_state)
{
	return step_handle(sk, old_state, new_state);
}

SEC("tp_btf/cgroup_mkdir")
int BPF_PROG(cgroup_made, struct cgroup *cgroup, const char *path)
{
	struct cgroup_event *event;
	long length = 0;

	/* Hierarchy 0 is cgroup v2, the only hierarchy that sockets belong to. */
	if (cgroup->root->hierarchy_id != 0)
		return 0;
	event = bpf_ringbuf_reserve(&ring, sizeof(*event), 0);
	if (!event) {
		counters_add_lost();
		return 0;
	}
	event->path[0] = '\0';
	if (reads_kernel)
		length = bpf_probe_read_kernel_str(event->path, sizeof(event->path), path);
	event->kind = RING_EVENT_CGROUP_MKDIR;
	__builtin_memset(event->padding, 0, sizeof(event->padding));
	event->path_len = length > 0 ? (__u32)length : 0;
	event->id = cgroup->kn->id;
	bpf_ringbuf_submit(event, event_wake_flags());
	return 0;
}

SEC("tp_btf/cgroup_rmdir")
int BPF_PROG(cgroup_gone, struct cgroup *cgroup, const char *path)
{
	struct cgroup_gone_event *event;

	if (cgroup->root->hierarchy_id != 0)
		return 0;
	event = bpf_ringbuf_reserve(&ring, sizeof(*event), 0);
	/* Do not count a lost removal: user space only remembers the cgroup for longer. */
	if (!event)
		return 0;
	event->kind = RING_EVENT_CGROUP_RMDIR;
	__builtin_memset(event->padding, 0, sizeof(event->padding));
	event->id = cgroup->kn->id;
	bpf_ringbuf_submit(event, event_wake_flags());
	return 0;
}
