// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The kernel side: TCP connections from the socket state machine, containers from cgroup creation.
 *
 * - tcp_state_change: every step of every TCP socket, live; with a twin, see take_step.
 * - backfill_listeners: sockets that listened before the start: their owners, for the connections
 *   they will accept.
 * - backfill_connections: connections that were open before the start.
 * - sample_connections: counters of the connections that are open now.
 * - cgroup_made: containers that come, in the same ring, before their first process runs.
 */
#include <stdbool.h>

#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "bpf/flow_event.h"
#include "bpf/kernel_types.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define AF_INET       2
#define AF_INET6      10
#define IPPROTO_TCP   6
#define IPPROTO_MPTCP 262

/* include/net/tcp_states.h */
enum {
	TCP_ESTABLISHED = 1,
	TCP_SYN_SENT,
	TCP_SYN_RECV,
	TCP_FIN_WAIT1,
	TCP_FIN_WAIT2,
	TCP_TIME_WAIT,
	TCP_CLOSE,
	TCP_CLOSE_WAIT,
	TCP_LAST_ACK,
	TCP_LISTEN,
};

/* Set by user space before the load. */
const volatile __u64 connection_id_base;

/* Set by user space before the load: look into `muted` at all. */
const volatile bool mute_by_cgroup;

/* Set by user space while it sleeps on the ring: only then is a wake-up (an inter-processor
 * interrupt) worth its price. */
__u32 reader_waiting;

/*
 * What is remembered of a socket, in the socket itself: it goes away with it, whoever frees it.
 * Inserts: tcp_state_change, the backfill. A child of a listening socket starts with a copy of the
 * listener's (BPF_F_CLONE), which is how an accepted connection knows its owner. Reads: all
 * programs. User space does not look.
 */
enum socket_role {
	SOCKET_IDLE = 0,
	SOCKET_LISTENER,
	SOCKET_CONNECTING,
	SOCKET_CONNECTED,
};

struct socket_life {
	__u64 id;
	__u64 start_ns;       /* of the attempt or of the acceptance; 0: before polecat */
	__u64 established_ns; /* 0: unknown */
	__u64 sampled_tx;
	__u64 sampled_rx;
	__u32 sampled_retransmits;
	__u32 pid; /* 0: unknown */
	__u32 uid;
	__u8 role;      /* enum socket_role */
	__u8 direction; /* enum flow_event_direction */
	__u8 sampled;
	__u8 step; /* the last that one of the twin programs took, until the other has seen it; else
		      0 */
	char comm[FLOW_COMM_LEN];
};

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_CLONE);
	__type(key, int);
	__type(value, struct socket_life);
} sockets SEC(".maps");

/* All events, in the order of the CPUs that reserved them. Size: set by user space. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8 * 1024 * 1024);
} ring SEC(".maps");

/* Per CPU; user space reads and sums up. */
struct cpu_counters {
	__u64 sequence; /* of connection ids */
	__u64 lost;     /* events that found the ring full, sockets that got no memory */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct cpu_counters);
} counters SEC(".maps");

/*
 * Who listened on which port when the collector started, by network namespace; the first that was
 * found. For what a listener's own memory cannot tell: connections that waited to be accepted
 * already, and all that come to a listener of Multipath TCP (every one of a Go program's, since
 * Go 1.24): its files lead to a socket above the TCP socket, and there is no way down. Inserts:
 * backfill_listeners. Reads: steps of sockets without an owner, guess_direction.
 */
struct listen_key {
	__u32 netns;
	__u32 port;
};

struct listen_owner {
	__u32 pid;
	__u32 uid;
	__u32 backlog; /* see guess_direction */
	char comm[FLOW_COMM_LEN];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct listen_key);
	__type(value, struct listen_owner);
} listen_owners SEC(".maps");

/*
 * Cgroups whose connections nobody wants to hear of: those of other pods, where one pod is watched.
 * Inserts and deletes: user space. Reads: send_event. Their sockets are followed all the same, only
 * not told of.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, __u8);
} muted SEC(".maps");

static __always_inline struct cpu_counters *cpu_counters(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&counters, &zero);
}

static __always_inline void count_lost(void)
{
	struct cpu_counters *mine = cpu_counters();

	/* Programs of different hooks may interrupt each other on one CPU. */
	if (mine)
		__sync_fetch_and_add(&mine->lost, 1);
}

/* Unique among all CPUs: the CPU's number above 40 bits of its own counting. Never 0. */
static __always_inline __u64 next_connection_id(void)
{
	struct cpu_counters *mine = cpu_counters();
	__u64 sequence = mine ? __sync_fetch_and_add(&mine->sequence, 1) + 1 : 0;

	return connection_id_base + (((__u64)bpf_get_smp_processor_id() << 40) | sequence);
}

static __always_inline __u64 wake_flags(void)
{
	return *(volatile __u32 *)&reader_waiting ? 0 : BPF_RB_NO_WAKEUP;
}

static __always_inline __u32 socket_netns(const struct sock *sk)
{
	return sk->__sk_common.skc_net.net->ns.inum;
}

static __always_inline void remember_owner(struct socket_life *life, struct task_struct *task,
					   __u32 uid)
{
	struct task_struct *leader = task->group_leader;

	life->pid = (__u32)task->tgid;
	life->uid = uid;
	/* The process's name, not that of the thread that happened to connect. */
	bpf_probe_read_kernel(&life->comm, sizeof(life->comm), &leader->comm);
}

static __always_inline void remember_current(struct socket_life *life)
{
	remember_owner(life, bpf_get_current_task_btf(), (__u32)bpf_get_current_uid_gid());
}

static __always_inline struct listen_owner *listen_owner_of(const struct sock *sk, __u16 local_port)
{
	struct listen_key key = {.netns = socket_netns(sk), .port = local_port};

	return bpf_map_lookup_elem(&listen_owners, &key);
}

/*
 * For sockets whose opening was not seen. An accepted one began as a copy of its listener, backlog
 * and all (sk_clone_lock), and no other has a backlog; where the listener's was 0, its port must
 * do.
 */
static __always_inline __u8 guess_direction(const struct sock *sk, __u16 local_port)
{
	const struct listen_owner *listener;

	if (sk->sk_max_ack_backlog)
		return FLOW_EVENT_INGRESS;
	listener = listen_owner_of(sk, local_port);
	return listener && !listener->backlog ? FLOW_EVENT_INGRESS : FLOW_EVENT_EGRESS;
}

/* For accepted sockets that were given no owner by their listener. */
static __always_inline void find_owner(struct socket_life *life, const struct sock *sk,
				       __u16 local_port)
{
	const struct listen_owner *listener;

	if (life->pid || life->direction != FLOW_EVENT_INGRESS)
		return;
	listener = listen_owner_of(sk, local_port);
	if (!listener)
		return;
	life->pid = listener->pid;
	life->uid = listener->uid;
	__builtin_memcpy(life->comm, listener->comm, sizeof(life->comm));
}

static __always_inline bool is_mapped(const struct in6_addr *address)
{
	return address->in6_u.u6_addr32[0] == 0 && address->in6_u.u6_addr32[1] == 0 &&
	       address->in6_u.u6_addr32[2] == bpf_htonl(0xffff);
}

static __always_inline void fill_address(__u8 to[16], const struct in6_addr *from)
{
	__u32 *words = (__u32 *)to;

	words[0] = from->in6_u.u6_addr32[0];
	words[1] = from->in6_u.u6_addr32[1];
	words[2] = from->in6_u.u6_addr32[2];
	words[3] = from->in6_u.u6_addr32[3];
}

static __always_inline void fill_address_v4(__u8 to[16], __be32 from)
{
	__u32 *words = (__u32 *)to;

	words[0] = from;
	words[1] = 0;
	words[2] = 0;
	words[3] = 0;
}

static __always_inline void fill_addresses(struct flow_event *event, const struct sock *sk)
{
	const struct sock_common *common = &sk->__sk_common;
	bool egress = event->direction == FLOW_EVENT_EGRESS;
	__u8 *local = egress ? event->saddr : event->daddr;
	__u8 *remote = egress ? event->daddr : event->saddr;

	if (common->skc_family == AF_INET6 && !is_mapped(&common->skc_v6_daddr)) {
		event->family = 6;
		fill_address(local, &common->skc_v6_rcv_saddr);
		fill_address(remote, &common->skc_v6_daddr);
		return;
	}
	/* An IPv6 socket that speaks IPv4 keeps the IPv4 addresses in their own fields as well. */
	event->family = 4;
	fill_address_v4(local, common->skc_rcv_saddr);
	fill_address_v4(remote, common->skc_daddr);
}

static __always_inline void fill_ports(struct flow_event *event, const struct sock *sk, __u16 local)
{
	__u16 remote = bpf_ntohs(sk->__sk_common.skc_dport);

	event->sport = event->direction == FLOW_EVENT_EGRESS ? local : remote;
	event->dport = event->direction == FLOW_EVENT_EGRESS ? remote : local;
}

/*
 * bytes_sent counts payload and retransmissions; bytes_received counts the peer's FIN as one byte,
 * and SOCK_DONE is the flag that tcp_fin() sets for it (net/ipv4/tcp_input.c).
 */
static __always_inline void fill_counters(struct flow_event *event, const struct sock *sk,
					  const struct tcp_sock *tcp)
{
	__u64 received = tcp->bytes_received;
	unsigned long done = 1ul << bpf_core_enum_value(enum sock_flags, SOCK_DONE);

	event->tx_bytes = tcp->bytes_sent - tcp->bytes_retrans;
	event->rx_bytes = received && (sk->__sk_common.skc_flags & done) ? received - 1 : received;
	event->rtt_us = tcp->srtt_us >> 3;
	event->retransmits = tcp->total_retrans;
}

static __always_inline void fill_event(struct flow_event *event, __u8 kind, const struct sock *sk,
				       const struct socket_life *life, __u8 tcp_state, __u64 now)
{
	event->kind = kind;
	event->direction = life->direction;
	event->protocol = IPPROTO_TCP;
	event->tcp_state = tcp_state;
	event->padding = 0;
	event->error = kind == RING_EVENT_FAILED ? (__u16)sk->sk_err : 0;
	event->time_ns = now;
	event->id = life->id;
	event->cgroup_id = sk->sk_cgrp_data.cgroup->kn->id;
	event->since_ns = 0;
	event->tx_bytes = 0;
	event->rx_bytes = 0;
	event->netns = socket_netns(sk);
	event->pid = life->pid;
	event->uid = life->uid;
	event->rtt_us = 0;
	event->retransmits = 0;
	__builtin_memcpy(event->comm, life->comm, sizeof(event->comm));
	fill_addresses(event, sk);
}

/* What came before `kind`, for the latency or the duration. */
static __always_inline __u64 since(const struct socket_life *life, __u8 kind, __u64 now)
{
	__u64 from = kind == RING_EVENT_CLOSED || kind == RING_EVENT_OPEN ? life->established_ns
									  : life->start_ns;

	return from && now > from && kind != RING_EVENT_ATTEMPT && kind != RING_EVENT_ACCEPTED
		       ? now - from
		       : 0;
}

static __always_inline bool is_muted(const struct sock *sk)
{
	__u64 cgroup_id;

	if (!mute_by_cgroup)
		return false;
	cgroup_id = sk->sk_cgrp_data.cgroup->kn->id;
	return bpf_map_lookup_elem(&muted, &cgroup_id);
}

static __always_inline void send_event(__u8 kind, struct sock *sk, const struct socket_life *life,
				       __u8 tcp_state, __u64 now)
{
	struct tcp_sock *tcp = bpf_skc_to_tcp_sock(sk);
	struct flow_event *event;

	if (!tcp || is_muted(sk))
		return;
	event = bpf_ringbuf_reserve(&ring, sizeof(*event), 0);
	if (!event) {
		count_lost();
		return;
	}
	fill_event(event, kind, sk, life, tcp_state, now);
	event->since_ns = since(life, kind, now);
	/*
	 * When an attempt begins the port is not chosen yet, unless by bind(): skc_num says so, and
	 * inet_sport may be left from an earlier attempt. Later on inet_sport is right, while
	 * skc_num is 0 again once the socket closed.
	 */
	fill_ports(event, sk,
		   kind == RING_EVENT_ATTEMPT ? sk->__sk_common.skc_num
					      : bpf_ntohs(tcp->inet_conn.icsk_inet.inet_sport));
	if (kind != RING_EVENT_ATTEMPT && kind != RING_EVENT_ACCEPTED)
		fill_counters(event, sk, tcp);
	bpf_ringbuf_submit(event, wake_flags());
}

static __always_inline struct socket_life *life_of(struct sock *sk, bool create)
{
	struct socket_life *life =
		bpf_sk_storage_get(&sockets, sk, 0, create ? BPF_SK_STORAGE_GET_F_CREATE : 0);

	if (!life && create)
		count_lost();
	return life;
}

/* connect(), in the caller's context. */
static __always_inline void on_attempt(struct sock *sk, struct socket_life *life, __u64 now)
{
	/* The socket may have lived before: connect() may be tried again after a failure. */
	life->id = next_connection_id();
	life->start_ns = now;
	life->established_ns = 0;
	life->sampled_tx = 0;
	life->sampled_rx = 0;
	life->sampled_retransmits = 0;
	life->sampled = 0;
	life->role = SOCKET_CONNECTING;
	life->direction = FLOW_EVENT_EGRESS;
	remember_current(life);
	send_event(RING_EVENT_ATTEMPT, sk, life, TCP_SYN_SENT, now);
}

/* listen(), in the caller's context. */
static __always_inline void on_listen(struct socket_life *life)
{
	life->role = SOCKET_LISTENER;
	life->direction = FLOW_EVENT_INGRESS;
	remember_current(life);
}

/* In whatever context the last packet of the handshake came. */
static __always_inline void on_established(struct sock *sk, struct socket_life *life, int old_state,
					   __u64 now)
{
	life->established_ns = now;
	if (life->role == SOCKET_CONNECTING) { /* simultaneous open comes from SYN_RECV as well */
		life->role = SOCKET_CONNECTED;
		send_event(RING_EVENT_ESTABLISHED, sk, life, TCP_ESTABLISHED, now);
		return;
	}
	life->id = next_connection_id();
	life->role = SOCKET_CONNECTED;
	life->direction = old_state == TCP_SYN_SENT ? FLOW_EVENT_EGRESS : FLOW_EVENT_INGRESS;
	life->start_ns = 0;
	life->sampled = 0;
	life->sampled_tx = 0;
	life->sampled_rx = 0;
	find_owner(life, sk, sk->__sk_common.skc_num);
	send_event(old_state == TCP_SYN_SENT ? RING_EVENT_ESTABLISHED : RING_EVENT_ACCEPTED, sk,
		   life, TCP_ESTABLISHED, now);
}

static __always_inline void on_close(struct sock *sk, struct socket_life *life, int old_state,
				     __u64 now)
{
	struct tcp_sock *tcp;
	__u16 local_port;

	if (old_state == TCP_LISTEN) {
		life->role = SOCKET_IDLE;
		return;
	}
	if (!life->id) {
		/* Opened before the start and in no process's hands then: an end without a
		 * beginning. */
		tcp = bpf_skc_to_tcp_sock(sk);
		if (!tcp)
			return;
		local_port = bpf_ntohs(tcp->inet_conn.icsk_inet.inet_sport);
		life->id = next_connection_id();
		life->established_ns = 0;
		life->start_ns = 0;
		life->pid = 0;
		life->comm[0] = '\0';
		life->direction = old_state == TCP_SYN_SENT ? FLOW_EVENT_EGRESS
							    : guess_direction(sk, local_port);
		find_owner(life, sk, local_port);
	}
	send_event(old_state == TCP_SYN_SENT || old_state == TCP_SYN_RECV ? RING_EVENT_FAILED
									  : RING_EVENT_CLOSED,
		   sk, life, TCP_CLOSE, now);
	life->id = 0;
	life->role = SOCKET_IDLE;
}

/* Whether a step to one of the four states below is one to take. */
static __always_inline bool step_matters(const struct socket_life *life, int old_state,
					 int new_state)
{
	if (new_state != TCP_CLOSE)
		return true;
	switch (old_state) {
	case TCP_CLOSE:
		return false;
	case TCP_LISTEN:
		return life;
	case TCP_SYN_RECV:
		/* A child that was never accepted nobody could see; a simultaneous open that failed
		 * somebody did. */
		return life && life->role == SOCKET_CONNECTING;
	}
	return true;
}

/*
 * The kernel skips a program that would interrupt itself on the same CPU (prog->active), and
 * packets do interrupt processes in the middle of a step of another socket: one program alone would
 * lose those packets' steps. Hence two with this body, attached to the same hook. Interrupts of
 * this kind do not nest (a softirq is not interrupted by another), so that at most one of the two
 * is skipped; the first that runs takes the step and marks it, the second finds the mark, and
 * removes it. Steps of one socket never overlap, and none comes twice without another between: a
 * mark that stays behind because the second was skipped fits no later step.
 */
static __always_inline int take_step(struct sock *sk, int old_state, int new_state)
{
	__u8 step = (__u8)(old_state << 4 | new_state);
	struct socket_life *life;
	__u64 now;

	if (sk->sk_protocol != IPPROTO_TCP)
		return 0;
	if (new_state != TCP_SYN_SENT && new_state != TCP_ESTABLISHED && new_state != TCP_CLOSE &&
	    new_state != TCP_LISTEN)
		return 0;
	life = life_of(sk, false);
	if (life && life->step == step) {
		life->step = 0;
		return 0;
	}
	if (!step_matters(life, old_state, new_state))
		return 0;
	if (!life)
		life = life_of(sk, true);
	if (!life)
		return 0;
	life->step = step;
	now = bpf_ktime_get_boot_ns();
	switch (new_state) {
	case TCP_SYN_SENT:
		on_attempt(sk, life, now);
		break;
	case TCP_ESTABLISHED:
		on_established(sk, life, old_state, now);
		break;
	case TCP_CLOSE:
		on_close(sk, life, old_state, now);
		break;
	case TCP_LISTEN:
		on_listen(life);
		break;
	}
	return 0;
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(tcp_state_change, struct sock *sk, int old_state, int new_state)
{
	return take_step(sk, old_state, new_state);
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(tcp_state_change_twin, struct sock *sk, int old_state, int new_state)
{
	return take_step(sk, old_state, new_state);
}

/* The internet stream socket behind a task's file, or NULL: of TCP, or of Multipath TCP. */
static __always_inline struct sock *stream_socket_of(struct file *file)
{
	struct socket *socket = bpf_sock_from_file(file);
	struct sock *sk;

	if (!socket)
		return NULL;
	sk = socket->sk;
	if (!sk || (sk->sk_protocol != IPPROTO_TCP && sk->sk_protocol != IPPROTO_MPTCP))
		return NULL;
	if (sk->__sk_common.skc_family != AF_INET && sk->__sk_common.skc_family != AF_INET6)
		return NULL;
	return sk;
}

/* Returns false when the map had no room. */
static __always_inline bool add_listen_owner(const struct sock *sk, struct task_struct *task)
{
	struct listen_key key = {.netns = socket_netns(sk), .port = sk->__sk_common.skc_num};
	struct listen_owner owner = {.pid = (__u32)task->tgid,
				     .uid = task->cred->uid.val,
				     .backlog = sk->sk_max_ack_backlog};
	struct task_struct *leader = task->group_leader;

	if (bpf_map_lookup_elem(&listen_owners, &key))
		return true;
	bpf_probe_read_kernel(&owner.comm, sizeof(owner.comm), &leader->comm);
	return !bpf_map_update_elem(&listen_owners, &key, &owner, BPF_ANY);
}

SEC("iter/task_file")
int backfill_listeners(struct bpf_iter__task_file *context)
{
	struct task_struct *task = context->task;
	struct file *file = context->file;
	struct socket_life *life;
	struct sock *sk;

	if (!task || !file)
		return 0;
	sk = stream_socket_of(file);
	if (!sk || sk->__sk_common.skc_state != TCP_LISTEN)
		return 0;
	if (!add_listen_owner(sk, task))
		count_lost();
	if (sk->sk_protocol != IPPROTO_TCP)
		return 0;
	life = life_of(sk, true);
	if (!life || life->role == SOCKET_LISTENER)
		return 0;
	life->role = SOCKET_LISTENER;
	life->direction = FLOW_EVENT_INGRESS;
	remember_owner(life, task, task->cred->uid.val);
	return 0;
}

static __always_inline bool is_open(__u8 state)
{
	return state != TCP_CLOSE && state != TCP_LISTEN && state != TCP_TIME_WAIT &&
	       state != TCP_SYN_RECV && state <= TCP_LISTEN;
}

/* Writes one RING_EVENT_OPEN to the iterator's stream; a full stream makes the kernel call again.
 */
static __always_inline void write_open(struct seq_file *seq, struct sock *sk, struct tcp_sock *tcp,
				       const struct socket_life *life)
{
	struct flow_event event = {};
	__u64 now = bpf_ktime_get_boot_ns();

	fill_event(&event, RING_EVENT_OPEN, sk, life, sk->__sk_common.skc_state, now);
	event.since_ns = since(life, RING_EVENT_OPEN, now);
	fill_ports(&event, sk, bpf_ntohs(tcp->inet_conn.icsk_inet.inet_sport));
	fill_counters(&event, sk, tcp);
	bpf_seq_write(seq, &event, sizeof(event));
}

SEC("iter/task_file")
int backfill_connections(struct bpf_iter__task_file *context)
{
	struct task_struct *task = context->task;
	struct file *file = context->file;
	struct socket_life *life;
	struct tcp_sock *tcp;
	struct sock *sk;

	if (!task || !file)
		return 0;
	sk = stream_socket_of(file);
	if (!sk || sk->sk_protocol != IPPROTO_TCP || !is_open(sk->__sk_common.skc_state))
		return 0;
	tcp = bpf_skc_to_tcp_sock(sk);
	if (!tcp)
		return 0;
	life = life_of(sk, true);
	/* Seen live, or in the hands of a process that came earlier: a fork shares its parent's
	 * sockets. */
	if (!life || life->id)
		return 0;
	life->id = next_connection_id();
	life->role =
		sk->__sk_common.skc_state == TCP_SYN_SENT ? SOCKET_CONNECTING : SOCKET_CONNECTED;
	life->direction =
		sk->__sk_common.skc_state == TCP_SYN_SENT
			? FLOW_EVENT_EGRESS
			: guess_direction(sk, bpf_ntohs(tcp->inet_conn.icsk_inet.inet_sport));
	remember_owner(life, task, task->cred->uid.val);
	write_open(context->meta->seq, sk, tcp, life);
	return 0;
}

/*
 * Writes a sample of a connection whose counters have moved, and one of every connection: its port
 * and counters are worth a line even when it is silent.
 */
static __always_inline void sample(struct seq_file *seq, struct sock *sk, struct socket_life *life)
{
	struct tcp_sock *tcp;
	__u64 tx, rx;

	if (!life->id || !is_open(sk->__sk_common.skc_state))
		return;
	tcp = bpf_skc_to_tcp_sock(sk);
	if (!tcp)
		return;
	tx = tcp->bytes_sent;
	rx = tcp->bytes_received;
	if (life->sampled && tx == life->sampled_tx && rx == life->sampled_rx &&
	    tcp->total_retrans == life->sampled_retransmits)
		return;
	life->sampled = 1;
	life->sampled_tx = tx;
	life->sampled_rx = rx;
	life->sampled_retransmits = tcp->total_retrans;
	write_open(seq, sk, tcp, life);
}

SEC("iter/bpf_sk_storage_map")
int sample_connections(struct bpf_iter__bpf_sk_storage_map *context)
{
	struct socket_life *life = context->value;
	struct sock *sk = context->sk;

	if (sk && life)
		sample(context->meta->seq, sk, life);
	return 0;
}

/*
 * Takes the place of sample_connections on kernels that do not load it: some refuse every iterator
 * that takes a map. It walks the files of all processes, so it costs more and misses sockets that
 * no process holds.
 */
SEC("?iter/task_file")
int sample_files(struct bpf_iter__task_file *context)
{
	struct file *file = context->file;
	struct socket_life *life;
	struct sock *sk;

	if (!context->task || !file)
		return 0;
	sk = stream_socket_of(file);
	if (!sk || sk->sk_protocol != IPPROTO_TCP)
		return 0;
	life = life_of(sk, false);
	if (life)
		sample(context->meta->seq, sk, life);
	return 0;
}

SEC("tp_btf/cgroup_mkdir")
int BPF_PROG(cgroup_made, struct cgroup *cgroup, const char *path)
{
	struct cgroup_event *event;
	long length;

	/* Hierarchy 0 is the v2 one; sockets belong to no other. */
	if (cgroup->root->hierarchy_id != 0)
		return 0;
	event = bpf_ringbuf_reserve(&ring, sizeof(*event), 0);
	if (!event) {
		count_lost();
		return 0;
	}
	length = bpf_probe_read_kernel_str(event->path, sizeof(event->path), path);
	event->kind = RING_EVENT_CGROUP_MKDIR;
	__builtin_memset(event->padding, 0, sizeof(event->padding));
	event->path_len = length > 0 ? (__u32)length : 0;
	event->id = cgroup->kn->id;
	bpf_ringbuf_submit(event, wake_flags());
	return 0;
}
