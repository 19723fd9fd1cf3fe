// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The programs on tracepoints. tcp_state_change and its copies (see step_handle) report steps of
 * the TCP state machine. cgroup_made reports a new cgroup before the first process runs in it.
 * cgroup_gone reports a removed cgroup. The iterators are in backfill.h, and accepted.h, drops.h
 * and failure.h have optional programs.
 */
#include "bpf/accepted.h"
#include "bpf/backfill_copies.h"
#include "bpf/drops.h"
#include "bpf/end.h"
#include "bpf/failure.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/*
 * The functions of the steps update the socket_info, and return the kind of the event to send, or
 * 0. All steps share one call of event_send. This keeps the program small: if the processor
 * does not have the instructions in its cache, loading them takes most of the run time.
 */

/* connect() was called. Runs in the caller's context. */
static __always_inline __u8 step_attempt(struct sock *sk, struct socket_info *info, __u64 now)
{
	/* Reset everything: a process may call connect() again after a failure. */
	info->id = counters_next_id(now);
	info->start_ns = now;
	info->established_ns = 0;
	info->sampled = 0;
	info->error = 0;
	drops_forget(sk, info);
	info->role = SOCKET_CONNECTING;
	info->direction = FLOW_EVENT_EGRESS;
	info->owner_kind = FLOW_EVENT_OWNER_SELF;
	info->owner_settled = 1;
	info->owner_moved = 0;
	socket_owner_set_current(&info->owner);
	drops_await(info);
	subflow_begin(sk, info);
	return RING_EVENT_ATTEMPT;
}

/* listen() was called. Runs in the caller's context. */
static __always_inline __u8 step_listen(struct sock *sk, struct socket_info *info)
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
		return 0;
	listeners_fill_key(&key, sk, info->netns, sk->__sk_common.skc_num);
	if (!listeners_set_owner(&key, sk, &info->owner))
		counters_add_lost();
	return 0;
}

/* A connection was accepted for a listener. */
static __always_inline __u8 step_accepted(struct sock *sk, struct socket_info *info, __u64 now)
{
	listeners_find_owner(info, sk, sk->__sk_common.skc_num);
	accepted_begin(sk, info, now);
	if (subflow_begin(sk, info))
		accepted_await_end(info);
	subflow_count(info);
	return RING_EVENT_ACCEPTED;
}

/* A TCP Fast Open connection ends before its handshake is complete, and no program has seen the
 * process that used it. Its duration is unknown. */
static __always_inline __u8 step_accepted_at_end(struct sock *sk, struct socket_info *info,
						 __u64 now)
{
	struct tcp_sock *tcp = bpf_skc_to_tcp_sock(sk);

	listeners_find_owner(info, sk, tcp ? event_local_port(tcp) : 0);
	accepted_begin(sk, info, now);
	info->established_ns = 0;
	return RING_EVENT_ACCEPTED;
}

/* The handshake is complete. Runs in the context that the last packet of the handshake interrupts,
 * so the current task need not be the socket's owner. */
static __always_inline __u8 step_established(struct sock *sk, struct socket_info *info,
					     int old_state, __u64 now)
{
	drops_forget(sk, info);
	/* In a simultaneous open, old_state is SYN_RECV. */
	if (old_state != TCP_SYN_SENT && info->role != SOCKET_CONNECTING) {
		/* With TCP Fast Open, accepted_use may have reported the connection before the
		 * handshake is complete. */
		return info->role != SOCKET_CONNECTED ? step_accepted(sk, info, now) : 0;
	}
	info->established_ns = now;
	if (info->role != SOCKET_CONNECTING) { /* connect() was called before polecat started */
		info->id = accepted_new_id(sk, now);
		info->direction = FLOW_EVENT_EGRESS;
		info->start_ns = 0;
		info->sampled = 0;
	}
	info->role = SOCKET_CONNECTED;
	subflow_count(info);
	return RING_EVENT_ESTABLISHED;
}

static __always_inline __u8 step_close(struct sock *sk, struct socket_info *info, int old_state,
				       __u64 now)
{
	struct tcp_sock *tcp;
	__u16 local_port;
	bool failed;

	if (old_state == TCP_LISTEN) {
		listeners_remove(sk);
		return 0;
	}
	if (old_state == TCP_SYN_RECV &&
	    (info->role == SOCKET_LISTENER || info->role == SOCKET_IDLE))
		event_send(step_accepted_at_end(sk, info, now), sk, info, TCP_SYN_RECV, now);
	if (!info->id) {
		/* The connection is older than this run, and the backfill found no process that
		 * holds it. */
		tcp = bpf_skc_to_tcp_sock(sk);
		if (!tcp)
			return 0;
		local_port = event_local_port(tcp);
		info->id = accepted_new_id(sk, now);
		info->established_ns = 0;
		info->start_ns = 0;
		info->owner = (struct socket_owner){};
		info->direction = old_state == TCP_SYN_SENT
					  ? FLOW_EVENT_EGRESS
					  : listeners_guess_direction(info, sk, local_port);
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
	accepted_await_end(info);
	subflow_end(sk, info);
	return failed ? RING_EVENT_FAILED : RING_EVENT_CLOSED;
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

/* Returns whether a step, for which step_is_followed returns true, needs any action. */
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

static __always_inline __u8 step_apply(struct sock *sk, struct socket_info *info, int old_state,
				       int new_state, __u64 now)
{
	switch (new_state) {
	case TCP_SYN_SENT:
		return step_attempt(sk, info, now);
	case TCP_ESTABLISHED:
		return step_established(sk, info, old_state, now);
	case TCP_CLOSE:
		return step_close(sk, info, old_state, now);
	case TCP_LISTEN:
		return step_listen(sk, info);
	default: /* TCP_FIN_WAIT1 */
		return step_accepted_at_end(sk, info, now);
	}
}

/* Returns false for steps that the programs do not follow. */
static __always_inline bool step_is_followed(const struct sock *sk, int old_state, int new_state)
{
	if (sk->sk_protocol != IPPROTO_TCP)
		return false;
	return new_state == TCP_SYN_SENT || new_state == TCP_ESTABLISHED ||
	       new_state == TCP_CLOSE || new_state == TCP_LISTEN ||
	       (old_state == TCP_SYN_RECV && new_state == TCP_FIN_WAIT1);
}

/* Returns the two states in one byte; never 0. */
static __always_inline __u8 step_pack(int old_state, int new_state)
{
	return (__u8)(old_state << 4 | new_state);
}

/* True if a process may be preempted while a program runs, as on Linux 7 and later. User space sets
 * it before it loads the programs. */
const volatile bool preempts_programs;

struct last_step {
	__u64 socket; /* address; 0: none */
	__u64 step;   /* step_pack */
};

/* The step that tcp_state_change began to handle last on each CPU. tcp_state_change writes it, and
 * its last copy clears it. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct last_step);
} last_steps SEC(".maps");

static __always_inline volatile struct last_step *step_last(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&last_steps, &zero);
}

/*
 * Handles one step of the state machine.
 *
 * The kernel skips a program that would interrupt itself on the same CPU (prog->active). A packet
 * may interrupt a process while the program handles a step of another socket, so one program alone
 * would lose steps. Therefore two programs with this body are attached to the hook:
 * tcp_state_change and tcp_state_change_again. Such interrupts do not nest (a softirq does not
 * interrupt a softirq), so the kernel skips at most one of the two programs. tcp_state_change_again
 * runs second. It handles the step only if the last step that tcp_state_change began on this CPU is
 * a different step.
 *
 * With preempts_programs, a process may be preempted in a program. The kernel then skips this
 * program on the CPU until the process runs again. Several processes may be preempted in this way,
 * so two more copies are attached. A step is lost if each of the four programs is skipped, which is
 * rare.
 *
 * The last step is also a different step if the kernel did not skip tcp_state_change, but a packet
 * interrupted the process between the two programs. Therefore info->step marks a step as handled,
 * and a copy leaves a marked step alone. tcp_state_change runs first, so a mark that it finds is an
 * old one.
 *
 * Each copy needs a body of its own. Since Linux 6.13, the kernel may give a program one stack for
 * each CPU, because it never runs the program twice at a time there. A tail call does not check
 * this, so a copy that jumps to tcp_state_change would change the stack of the program that it
 * interrupts.
 */
static __always_inline int step_handle(struct sock *sk, int old_state, int new_state, bool is_copy)
{
	struct socket_info *info;
	const struct sock *plain; /* as in event_send */
	__u8 step = step_pack(old_state, new_state);
	__u64 now;

	info = socket_info_get(sk, false);
	if (is_copy && info && info->step == step) {
		if (new_state == TCP_CLOSE)
			socket_info_forget(sk);
		return 0;
	}
	plain = (const struct sock *)bpf_skc_to_tcp_sock(sk);
	if (!plain || !step_is_relevant(plain, info, old_state, new_state))
		return 0;
	if (!info)
		info = socket_info_get(sk, true);
	if (!info)
		return 0;
	socket_info_identify(info, plain);
	info->step = step;
	now = bpf_ktime_get_boot_ns();
	/* The verifier does not follow the values in a socket_info. So it verifies the rest of the
	 * program once, not once for each step. */
	info->event_kind = step_apply(sk, info, old_state, new_state, now);
	info->event_state = new_state == TCP_FIN_WAIT1 ? TCP_SYN_RECV : (__u8)new_state;
	barrier();
	if (info->event_kind)
		event_send(info->event_kind, sk, info, info->event_state, now);
	if (info->event_state == TCP_CLOSE)
		socket_info_clear(info);
	return 0;
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(tcp_state_change, struct sock *sk, int old_state, int new_state)
{
	volatile struct last_step *last;

	if (!step_is_followed(sk, old_state, new_state))
		return 0;
	last = step_last();
	if (last) {
		last->socket = (__u64)sk;
		last->step = step_pack(old_state, new_state);
	}
	return step_handle(sk, old_state, new_state, false);
}

/* Handles a step in a copy of tcp_state_change. */
static __always_inline int step_handle_in_copy(struct sock *sk, int old_state, int new_state,
					       bool is_last_copy)
{
	volatile struct last_step *last;

	if (!step_is_followed(sk, old_state, new_state))
		return 0;
	last = step_last();
	if (!last || last->socket != (__u64)sk || last->step != step_pack(old_state, new_state))
		return step_handle(sk, old_state, new_state, true);
	if (!is_last_copy)
		return 0;
	last->socket = 0;
	if (new_state == TCP_CLOSE)
		socket_info_forget(sk);
	return 0;
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(tcp_state_change_again, struct sock *sk, int old_state, int new_state)
{
	return step_handle_in_copy(sk, old_state, new_state, !preempts_programs);
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(tcp_state_change_third, struct sock *sk, int old_state, int new_state)
{
	return step_handle_in_copy(sk, old_state, new_state, false);
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(tcp_state_change_fourth, struct sock *sk, int old_state, int new_state)
{
	return step_handle_in_copy(sk, old_state, new_state, true);
}

/* The events of cgroups. They have a ring of their own, because a container whose creation is lost
 * may stay unknown. User space reads it before the ring of flows, which name the cgroups. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1024 * 1024);
} cgroup_ring SEC(".maps");

static __always_inline void cgroup_count_lost(void)
{
	struct cpu_counters *mine = counters_get();

	counters_add_lost();
	if (mine)
		__sync_fetch_and_add(&mine->cgroups_lost, 1);
}

SEC("tp_btf/cgroup_mkdir")
int BPF_PROG(cgroup_made, struct cgroup *cgroup, const char *path)
{
	struct cgroup_event *event;
	long length = 0;

	/* Hierarchy 0 is cgroup v2, the only hierarchy that sockets belong to. */
	if (cgroup->root->hierarchy_id != 0)
		return 0;
	event = bpf_ringbuf_reserve(&cgroup_ring, sizeof(*event), 0);
	if (!event) {
		cgroup_count_lost();
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
	event = bpf_ringbuf_reserve(&cgroup_ring, sizeof(*event), 0);
	/* Do not count a lost removal: user space only remembers the cgroup for longer. */
	if (!event)
		return 0;
	event->kind = RING_EVENT_CGROUP_RMDIR;
	__builtin_memset(event->padding, 0, sizeof(event->padding));
	event->id = cgroup->kn->id;
	bpf_ringbuf_submit(event, event_wake_flags());
	return 0;
}
