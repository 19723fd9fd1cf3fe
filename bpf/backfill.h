/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* BPF iterators over sockets. The backfill iterators report sockets that were open before polecat
 * started. The sample iterators report the counters of connections that are open now. User space
 * reads the events from the iterator's file. */
#ifndef POLECAT_BPF_BACKFILL_H
#define POLECAT_BPF_BACKFILL_H

#include "bpf/event.h"

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
	if (!sk || (sk->sk_protocol != IPPROTO_TCP && sk->sk_protocol != IPPROTO_MPTCP))
		return NULL;
	if (sk->__sk_common.skc_family != AF_INET && sk->__sk_common.skc_family != AF_INET6)
		return NULL;
	return sk;
}

/* Records the task as the owner of its listening port, unless the port has an owner already.
 * Returns false if the map is full. */
static __always_inline bool backfill_add_listener(const struct sock *sk, struct task_struct *task)
{
	struct listen_key key = {.netns = socket_info_netns(sk), .port = sk->__sk_common.skc_num};
	struct listen_owner listener = {.backlog = sk->sk_max_ack_backlog};

	if (bpf_map_lookup_elem(&listen_owners, &key))
		return true;
	socket_owner_set(&listener.owner, task);
	return !bpf_map_update_elem(&listen_owners, &key, &listener, BPF_ANY);
}

/* Records the owners of listening sockets, for the connections that they will accept. */
SEC("iter/task_file")
int backfill_listeners(struct bpf_iter__task_file *context)
{
	struct task_struct *task = context->task;
	struct sock *sk = backfill_get_socket(context);
	struct socket_info *info;

	if (!sk || sk->__sk_common.skc_state != TCP_LISTEN)
		return 0;
	if (!backfill_add_listener(sk, task))
		counters_add_lost();
	if (sk->sk_protocol != IPPROTO_TCP)
		return 0;
	info = socket_info_get(sk, true);
	if (!info || info->role == SOCKET_LISTENER)
		return 0;
	info->role = SOCKET_LISTENER;
	info->direction = FLOW_EVENT_INGRESS;
	socket_owner_set(&info->owner, task);
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
						const struct socket_info *info)
{
	struct flow_event event;

	event_fill(&event, RING_EVENT_OPEN, sk, tcp, info, bpf_ktime_get_boot_ns());
	event.tcp_state = sk->__sk_common.skc_state;
	bpf_seq_write(seq, &event, sizeof(event));
}

/* Reports connections that were open before polecat started. */
SEC("iter/task_file")
int backfill_connections(struct bpf_iter__task_file *context)
{
	struct task_struct *task = context->task;
	struct sock *sk = backfill_get_socket(context);
	struct socket_info *info;
	struct tcp_sock *tcp;
	bool connecting;

	if (!sk || sk->sk_protocol != IPPROTO_TCP || !backfill_is_open(sk->__sk_common.skc_state))
		return 0;
	tcp = bpf_skc_to_tcp_sock(sk);
	if (!tcp)
		return 0;
	info = socket_info_get(sk, true);
	/* Skip connections that are already reported: by a live event, or through another process
	 * that shares the socket after a fork. */
	if (!info || info->id)
		return 0;
	info->id = counters_next_id();
	connecting = sk->__sk_common.skc_state == TCP_SYN_SENT;
	info->role = connecting ? SOCKET_CONNECTING : SOCKET_CONNECTED;
	info->direction = connecting ? FLOW_EVENT_EGRESS
				     : socket_info_guess_direction(sk, event_local_port(tcp));
	socket_owner_set(&info->owner, task);
	backfill_write_open(context->meta->seq, sk, tcp, info);
	return 0;
}

/* Writes an event if the counters or the state changed since the connection's last sample. Always
 * writes the first sample of a connection, because user space does not know its port and counters
 * yet. */
static __always_inline void backfill_sample(struct seq_file *seq, struct sock *sk,
					    struct socket_info *info)
{
	struct tcp_sock *tcp;
	__u64 tx, rx;

	if (!info->id || !backfill_is_open(sk->__sk_common.skc_state))
		return;
	tcp = bpf_skc_to_tcp_sock(sk);
	if (!tcp)
		return;
	tx = tcp->bytes_sent;
	rx = tcp->bytes_received;
	if (info->sampled && tx == info->sampled_tx && rx == info->sampled_rx &&
	    tcp->total_retrans == info->sampled_retransmits &&
	    sk->__sk_common.skc_state == info->sampled_state)
		return;
	info->sampled = 1;
	info->sampled_state = sk->__sk_common.skc_state;
	info->sampled_tx = tx;
	info->sampled_rx = rx;
	info->sampled_retransmits = tcp->total_retrans;
	backfill_write_open(seq, sk, tcp, info);
}

/* Reports the counters of the connections that are open now. */
SEC("iter/bpf_sk_storage_map")
int sample_connections(struct bpf_iter__bpf_sk_storage_map *context)
{
	struct socket_info *info = context->value;
	struct sock *sk = context->sk;

	if (sk && info)
		backfill_sample(context->meta->seq, sk, info);
	return 0;
}

/* Replaces sample_connections on kernels that refuse every iterator over a map. Walks the files of
 * all processes, so it costs more and misses sockets that no process holds. */
SEC("?iter/task_file")
int sample_files(struct bpf_iter__task_file *context)
{
	struct sock *sk = backfill_get_socket(context);
	struct socket_info *info;

	if (!sk || sk->sk_protocol != IPPROTO_TCP)
		return 0;
	info = socket_info_get(sk, false);
	if (info)
		backfill_sample(context->meta->seq, sk, info);
	return 0;
}

#endif
