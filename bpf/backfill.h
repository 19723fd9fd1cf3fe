/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* BPF iterators over sockets. The backfill iterators report sockets that were open before polecat
 * started. The sample iterators report the counters of connections that are open now. User space
 * reads the events from the iterator's file. */
#ifndef POLECAT_BPF_BACKFILL_H
#define POLECAT_BPF_BACKFILL_H

#include "bpf/accepted.h"

static __always_inline bool backfill_is_tcp(const struct sock *sk)
{
	__u16 protocol = sk->sk_protocol;
	__u16 family = sk->__sk_common.skc_family;

	return (protocol == IPPROTO_TCP || protocol == IPPROTO_MPTCP) &&
	       (family == AF_INET || family == AF_INET6);
}

/* Returns the TCP or Multipath TCP socket behind a task's file, or NULL. */
static __always_inline struct sock *backfill_get_socket(struct bpf_iter__task_file *context)
{
	struct file *file = context->file;
	struct socket *socket;
	struct sock *sk;

	if (!context->task || !file)
		return NULL;
	socket = bpf_sock_from_file(file);
	sk = socket ? socket->sk : NULL;
	return sk && backfill_is_tcp(sk) ? sk : NULL;
}

/* Records the owner of a listener's address, unless the address has an owner already. */
static __always_inline void backfill_add_listener(const struct sock *sk,
						  const struct socket_owner *owner)
{
	struct listen_key key;

	listeners_fill_key(&key, sk, socket_info_netns(sk), sk->__sk_common.skc_num);
	if (!bpf_map_lookup_elem(&listen_owners, &key) && !listeners_set_owner(&key, sk, owner))
		counters_add_lost();
}

/* Records the owners of listening sockets, for the connections that they will accept. */
SEC("iter/task_file")
int backfill_listeners(struct bpf_iter__task_file *context)
{
	struct task_struct *task = context->task;
	struct sock *sk = backfill_get_socket(context);
	struct socket_owner owner;
	struct socket_info *info;

	if (!sk || sk->__sk_common.skc_state != TCP_LISTEN)
		return 0;
	socket_owner_set(&owner, task);
	backfill_add_listener(sk, &owner);
	listeners_add(sk, &owner, BPF_NOEXIST);
	if (sk->sk_protocol != IPPROTO_TCP)
		return 0;
	info = socket_info_get(sk, true);
	if (!info || info->role == SOCKET_LISTENER)
		return 0;
	socket_info_identify(info, sk);
	info->role = SOCKET_LISTENER;
	info->direction = FLOW_EVENT_INGRESS;
	info->owner_kind = FLOW_EVENT_OWNER_SELF;
	info->owner = owner;
	return 0;
}

static __always_inline bool backfill_is_open(__u8 state)
{
	return state != TCP_CLOSE && state != TCP_LISTEN && state != TCP_TIME_WAIT &&
	       state != TCP_SYN_RECV && state <= TCP_LISTEN;
}

/* Writes one RING_EVENT_OPEN. If the file's buffer is full, the kernel calls the program again. */
static __always_inline void backfill_write_open(struct seq_file *seq, struct sock *sk,
						struct tcp_sock *tcp,
						const struct socket_info *info, __u64 now)
{
	struct flow_event event;

	event_fill(&event, RING_EVENT_OPEN, sk, tcp, info, now);
	event.tcp_state = sk->__sk_common.skc_state;
	bpf_seq_write(seq, &event, sizeof(event));
}

/* Corrects the owner of a connection that a live event has reported without knowing the process
 * that uses it. */
static __always_inline void backfill_add_owner(struct seq_file *seq, struct task_struct *task,
					       struct sock *sk, struct tcp_sock *tcp,
					       struct socket_info *info, __u64 now)
{
	struct socket_owner owner;
	__u64 cookie;

	socket_owner_set(&owner, task);
	/* The file of an accepted socket is in its process before accept() returns, so both this
	 * program and accept_returned may find the owner. The one that inserts the owner first
	 * reports it, unless accepted_use has done so. */
	if (accepts_reported && info->owner_kind == FLOW_EVENT_OWNER_LISTENER) {
		cookie = bpf_get_socket_cookie(sk);
		if (info->owner_settled ||
		    bpf_map_update_elem(&acceptors, &cookie, &owner, BPF_NOEXIST) == -EEXIST)
			return;
	}
	if (!info->owner.pid)
		info->owner = owner;
	else if (!socket_owner_is(&info->owner, &owner))
		accepted_move(info, &owner);
	info->owner_kind = FLOW_EVENT_OWNER_SELF;
	backfill_write_open(seq, sk, tcp, info, now);
}

/* Reports a connection unless it has been reported together with the process that uses it. A live
 * event may have reported it, or this iterator may have found it in a process that shares the
 * socket after a fork. */
static __always_inline void backfill_report(struct seq_file *seq, struct task_struct *task,
					    struct sock *sk, struct tcp_sock *tcp,
					    struct socket_info *info, __u64 id)
{
	bool connecting = sk->__sk_common.skc_state == TCP_SYN_SENT;
	__u64 now = bpf_ktime_get_boot_ns();

	socket_info_identify(info, (const struct sock *)tcp);
	if (info->id) {
		if (!info->owner.pid || info->owner_kind == FLOW_EVENT_OWNER_LISTENER)
			backfill_add_owner(seq, task, sk, tcp, info, now);
		return;
	}
	info->id = id;
	info->role = connecting ? SOCKET_CONNECTING : SOCKET_CONNECTED;
	info->direction = connecting ? FLOW_EVENT_EGRESS
				     : listeners_guess_direction(info, sk, event_local_port(tcp));
	info->owner_kind = FLOW_EVENT_OWNER_SELF;
	socket_owner_set(&info->owner, task);
	accepted_await(info);
	backfill_write_open(seq, sk, tcp, info, now);
}

/* Reports connections that were open before polecat started. */
SEC("iter/task_file")
int backfill_connections(struct bpf_iter__task_file *context)
{
	struct task_struct *task = context->task;
	struct sock *sk = backfill_get_socket(context);
	struct socket_info *info;
	struct tcp_sock *tcp;

	if (!sk || sk->sk_protocol != IPPROTO_TCP || !backfill_is_open(sk->__sk_common.skc_state))
		return 0;
	tcp = bpf_skc_to_tcp_sock(sk);
	info = tcp ? socket_info_get(sk, true) : NULL;
	if (!info)
		return 0;
	accepted_settle(info, sk);
	backfill_report(context->meta->seq, task, sk, tcp, info,
			accepted_new_id(sk, bpf_ktime_get_boot_ns()));
	return 0;
}

/* Nonzero while user space lists all open connections again. User space sets it. */
__u32 list_all;

/* Writes an event if the counters or the state changed since the connection's last sample. Always
 * writes the first sample of a connection, because user space does not know its port and counters
 * yet. */
static __always_inline void backfill_sample(struct seq_file *seq, struct sock *sk,
					    struct tcp_sock *tcp, struct socket_info *info)
{
	__u64 tx, rx;

	if (!info->id || !backfill_is_open(sk->__sk_common.skc_state))
		return;
	tx = tcp->bytes_sent;
	rx = tcp->bytes_received;
	if (!*(volatile __u32 *)&list_all && info->sampled && tx == info->sampled_tx &&
	    rx == info->sampled_rx && tcp->total_retrans == info->sampled_retransmits &&
	    sk->__sk_common.skc_state == info->sampled_state)
		return;
	info->sampled = 1;
	info->sampled_state = sk->__sk_common.skc_state;
	info->sampled_tx = tx;
	info->sampled_rx = rx;
	info->sampled_retransmits = tcp->total_retrans;
	backfill_write_open(seq, sk, tcp, info, bpf_ktime_get_boot_ns());
}

/* Reports the counters of the connections that are open now. */
SEC("iter/bpf_sk_storage_map")
int sample_connections(struct bpf_iter__bpf_sk_storage_map *context)
{
	struct socket_info *info = context->value;
	struct sock *sk = context->sk;
	struct tcp_sock *tcp = sk && info ? bpf_skc_to_tcp_sock(sk) : NULL;

	if (!tcp)
		return 0;
	accepted_settle(info, sk);
	backfill_sample(context->meta->seq, sk, tcp, info);
	return 0;
}

/* Replaces sample_connections on kernels that refuse every iterator over a map. Walks the files of
 * all processes, so it costs more and misses sockets that no process holds. */
SEC("?iter/task_file")
int sample_files(struct bpf_iter__task_file *context)
{
	struct sock *sk = backfill_get_socket(context);
	struct socket_info *info;
	struct tcp_sock *tcp;

	if (!sk || sk->sk_protocol != IPPROTO_TCP)
		return 0;
	info = socket_info_get(sk, false);
	tcp = info ? bpf_skc_to_tcp_sock(sk) : NULL;
	if (!tcp)
		return 0;
	accepted_settle(info, sk);
	backfill_sample(context->meta->seq, sk, tcp, info);
	return 0;
}

#endif
