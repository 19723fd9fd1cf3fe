/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Subflows of Multipath TCP connections. Each subflow is a TCP socket. The first one stands for the
 * connection. The kernel opens the others by itself, in the context of a kernel worker, and accepts
 * them without a call of accept(). They belong to the process of the first one.
 *
 * Names follow net/mptcp/protocol.h. Without reads_kernel, each subflow is a connection.
 */
#ifndef POLECAT_BPF_SUBFLOW_H
#define POLECAT_BPF_SUBFLOW_H

#include "bpf/event.h"

struct first_subflow {
	__u64 id; /* of the connection */
	struct socket_owner owner;
	__u32 subflows;  /* number of sockets that joined so far */
	__u8 owner_kind; /* as in struct socket_info */
	__u8 owner_moved;
	__u8 padding[2];
};

/*
 * The first subflows of the Multipath TCP connections that are open. The key is the address of the
 * socket. subflow_begin inserts an entry, subflow_count and subflow_accepted change it, and
 * subflow_end deletes it. If the map is full, an insertion evicts an entry; subflows that join
 * that connection later count as connections.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, __u64);
	__type(value, struct first_subflow);
} first_subflows SEC(".maps");

/* Returns the address of the first subflow of the socket's Multipath TCP connection, which may be
 * the socket itself. 0: it is a socket of plain TCP. */
static __always_inline __u64 subflow_read_first(struct sock *sk)
{
	struct mptcp_subflow_context *context;
	struct tcp_sock *tcp;
	struct sock *connection;

	if (!reads_kernel || !bpf_core_field_exists(struct mptcp_sock, first) ||
	    !bpf_core_field_exists(struct tcp_sock, is_mptcp))
		return 0;
	tcp = bpf_skc_to_tcp_sock(sk);
	if (!tcp || !tcp->is_mptcp)
		return 0;
	context = (struct mptcp_subflow_context *)tcp->inet_conn.icsk_ulp_data;
	connection = BPF_CORE_READ(context, conn);
	return connection ? (__u64)BPF_CORE_READ((struct mptcp_sock *)connection, first) : 0;
}

/* Call this when a connection begins, after its id and its owner were set. Returns whether the
 * socket has joined a Multipath TCP connection. Its owner is then that of the connection. */
static __always_inline bool subflow_begin(struct sock *sk, struct socket_info *info)
{
	const struct first_subflow *first;
	struct first_subflow fresh = {};
	__u64 key = subflow_read_first(sk);

	info->subflow_of = 0;
	info->subflows = 0;
	info->first_subflow = key;
	if (!key)
		return false;
	if (key == (__u64)sk) {
		fresh.id = info->id;
		fresh.owner = info->owner;
		fresh.owner_kind = info->owner_kind;
		fresh.owner_moved = info->owner_moved;
		bpf_map_update_elem(&first_subflows, &key, &fresh, BPF_ANY);
		return false;
	}
	first = bpf_map_lookup_elem(&first_subflows, &key);
	if (!first)
		return false;
	info->subflow_of = first->id;
	info->owner = first->owner;
	info->owner_kind = first->owner_kind;
	info->owner_moved = first->owner_moved;
	info->owner_settled = 1;
	return true;
}

/* A process has accepted the connection. This process owns the subflows that join later. */
static __always_inline void subflow_accepted(struct sock *sk, const struct socket_owner *owner)
{
	struct first_subflow *first;
	__u64 key = (__u64)sk;

	first = bpf_map_lookup_elem(&first_subflows, &key);
	if (!first)
		return;
	first->owner = *owner;
	first->owner_kind = FLOW_EVENT_OWNER_SELF;
	first->owner_moved = 1;
}

/* Call this when the handshake of a connection is complete. */
static __always_inline void subflow_count(const struct socket_info *info)
{
	struct first_subflow *first;
	__u64 key = info->first_subflow;

	if (!info->subflow_of)
		return;
	first = bpf_map_lookup_elem(&first_subflows, &key);
	if (first && first->id == info->subflow_of)
		__sync_fetch_and_add(&first->subflows, 1);
}

/* Call this when a connection ends. */
static __always_inline void subflow_end(struct sock *sk, struct socket_info *info)
{
	const struct first_subflow *first;
	__u64 key = info->first_subflow;

	if (!key || key != (__u64)sk)
		return;
	first = bpf_map_lookup_elem(&first_subflows, &key);
	if (!first)
		return;
	info->subflows = first->subflows;
	bpf_map_delete_elem(&first_subflows, &key);
}

#endif
