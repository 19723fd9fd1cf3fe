/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Maps of the processes that listen: by address, for connections that did not inherit an owner from
 * their listener, and by socket, for accept_returned (bpf/accepted.h). */
#ifndef POLECAT_BPF_LISTENERS_H
#define POLECAT_BPF_LISTENERS_H

#include "bpf/event.h"

/* True if accept_returned (bpf/accepted.h) is loaded. User space sets it before it loads the
 * programs. */
const volatile bool accepts_reported;

struct listen_key {
	__u8 address[16]; /* IPv4: the first four bytes, then zeros */
	__u32 netns;
	__u16 port;
	__u8 family; /* 4 or 6; IPv4-mapped IPv6 is 4 */
	__u8 padding;
};

struct listen_owner {
	struct socket_owner owner;
	__u32 backlog; /* see listeners_guess_direction */
	__u32 padding;
};

/*
 * The process that listens on an address and port of a network namespace. It becomes the owner of
 * connections that did not inherit an owner. With has_socket_storage, these are connections that
 * were in an accept queue when polecat started, and connections to Multipath TCP listeners that
 * were open at that time. A connection inherits the owner from the socket_info of the listener's
 * TCP socket. From the file of a Multipath TCP listener, backfill_listeners can get to the MPTCP
 * socket, but not to the TCP socket, so it cannot create that socket_info. Go programs use
 * Multipath TCP by default since Go 1.24. Without has_socket_storage, no connection inherits an
 * owner.
 *
 * When polecat starts, backfill_listeners inserts the first process that it finds for each address.
 * Without has_socket_storage, step_listen replaces the process at each listen(). Entries are never
 * deleted.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct listen_key);
	__type(value, struct listen_owner);
} listen_owners SEC(".maps");

/*
 * The process that listens on a socket, for accept_returned, which cannot read the socket_info. The
 * key is the address of the struct sock. step_listen and backfill_listeners insert entries, and
 * step_close deletes them. If the map is full and a listening process has no entry, accept_returned
 * reports it again as the owner of each connection that it accepts.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, struct socket_owner);
} listening SEC(".maps");

/* Sets the owner of the listener's address. Returns false if the map is full. */
static __always_inline bool listeners_set_owner(const struct listen_key *key, const struct sock *sk,
						const struct socket_owner *owner)
{
	struct listen_owner listener = {.owner = *owner, .backlog = sk->sk_max_ack_backlog};

	return !bpf_map_update_elem(&listen_owners, key, &listener, BPF_ANY);
}

static __always_inline void listeners_add(struct sock *sk, const struct socket_owner *owner,
					  __u64 flags)
{
	__u64 key = (unsigned long)sk;

	if (accepts_reported)
		bpf_map_update_elem(&listening, &key, owner, flags);
}

static __always_inline void listeners_remove(struct sock *sk)
{
	__u64 key = (unsigned long)sk;

	if (accepts_reported)
		bpf_map_delete_elem(&listening, &key);
}

/* Fills in the address of a listener, or that of the local end of a connection. */
static __always_inline void listeners_fill_key(struct listen_key *key, const struct sock *sk,
					       __u32 netns, __u16 local_port)
{
	const struct sock_common *common = &sk->__sk_common;

	__builtin_memset(key, 0, sizeof(*key));
	key->netns = netns;
	key->port = local_port;
	if (common->skc_family == AF_INET6 && !event_is_mapped(&common->skc_v6_rcv_saddr)) {
		key->family = 6;
		event_copy_address(key->address, &common->skc_v6_rcv_saddr);
		return;
	}
	key->family = 4;
	*(__u32 *)key->address = common->skc_rcv_saddr;
}

/* Returns the listener on a connection's local address, or else the listener on all addresses
 * (0.0.0.0 or ::). A listener on :: usually accepts IPv4 connections, too. NULL: unknown. */
static __always_inline struct listen_owner *listeners_find(const struct sock *sk, __u32 netns,
							   __u16 local_port)
{
	struct listen_owner *listener;
	struct listen_key key;

	listeners_fill_key(&key, sk, netns, local_port);
	listener = bpf_map_lookup_elem(&listen_owners, &key);
	if (listener)
		return listener;
	__builtin_memset(key.address, 0, sizeof(key.address));
	listener = bpf_map_lookup_elem(&listen_owners, &key);
	if (listener || key.family == 6)
		return listener;
	key.family = 6;
	return bpf_map_lookup_elem(&listen_owners, &key);
}

/*
 * Returns the direction of a socket that was open before polecat started. An accepted socket began
 * as a copy of its listener, including the backlog (sk_clone_lock). No other open socket has a
 * backlog. A socket without a backlog is ingress only if a listener with backlog 0 uses its local
 * port.
 */
static __always_inline __u8 listeners_guess_direction(const struct socket_info *info,
						      const struct sock *sk, __u16 local_port)
{
	const struct listen_owner *listener;

	if (sk->sk_max_ack_backlog)
		return FLOW_EVENT_INGRESS;
	listener = listeners_find(sk, info->netns, local_port);
	return listener && !listener->backlog ? FLOW_EVENT_INGRESS : FLOW_EVENT_EGRESS;
}

/* Makes the listener's owner the owner of an accepted socket that did not inherit an owner. */
static __always_inline void listeners_find_owner(struct socket_info *info, const struct sock *sk,
						 __u16 local_port)
{
	const struct listen_owner *listener;

	info->owner_kind = FLOW_EVENT_OWNER_LISTENER;
	if (info->owner.pid)
		return;
	listener = listeners_find(sk, info->netns, local_port);
	if (listener)
		info->owner = listener->owner;
}

#endif
