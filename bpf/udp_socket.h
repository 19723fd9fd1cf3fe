/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The state that polecat stores with a UDP socket, such as its owner. */
#ifndef POLECAT_BPF_UDP_SOCKET_H
#define POLECAT_BPF_UDP_SOCKET_H

#include "bpf/sctp_ports.h"
#include "bpf/socket_info.h"

#include <bpf/bpf_core_read.h>

/* True if this kernel lets cgroup programs call bpf_get_current_task_btf. User space sets it before
 * it loads the programs. If false, the owner of a socket is the process that made it. */
const volatile bool udp_sees_task;

/* The programs use it when they add a row, not for each packet. */
struct udp_socket {
	__u32 netns;       /* 0: unknown */
	__u32 rows;        /* the number of rows that this socket added; SCTP: of attempts */
	__u8 has_owner;    /* 0: a socket of the kernel, or its process was not found */
	__u8 has_any_port; /* a row for all ports of an address exists */
	__u8 is_unkept;    /* SCTP: the socket's association is counted as lost */
	__u8 padding[5];
	__u64 association;    /* SCTP: id of the last association that the socket began; 0: none */
	struct udp_key first; /* key of the socket's first row, which gets lifetime_ms */
	/* The process that made the socket, or the last sender that udp_set_owner stored. */
	struct socket_owner owner;
};

/* Returns whether SCTP sockets of this type have associations: one-to-one or one-to-many. */
static __always_inline bool sctp_is_type(__u32 type)
{
	return type == SOCK_STREAM || type == SOCK_SEQPACKET;
}

/* Returns whether the programs follow the flows of sockets with this protocol and type. */
static __always_inline bool udp_socket_counts(__u32 protocol, __u32 type)
{
	return (protocol == IPPROTO_UDP && type == SOCK_DGRAM) ||
	       (protocol == IPPROTO_SCTP && sctp_is_type(type));
}

/* The udp_socket of each UDP socket, and of SCTP sockets. Accepted SCTP sockets have none unless
 * udp_backfill found them. udp_created, udp_backfill and the first datagram create it.
 * The kernel frees it with the socket. */
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct udp_socket);
} udp_sockets SEC(".maps");

/* A process makes a socket. The socket's network namespace is that of the process (inet_create). */
SEC("cgroup/sock_create")
int udp_created(struct bpf_sock *context)
{
	struct udp_socket *socket;
	struct task_struct *task;

	if (!udp_socket_counts(context->protocol, context->type))
		return 1;
	socket = bpf_sk_storage_get(&udp_sockets, context, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (!socket)
		return 1;
	socket->has_owner = 1;
	if (udp_sees_task) {
		task = bpf_get_current_task_btf();
		socket->netns = task->nsproxy->net_ns->ns.inum;
		socket_owner_set_by_task(&socket->owner, task);
		return 1;
	}
	socket_owner_set_by_helpers(&socket->owner);
	if (!reads_kernel)
		return 1;
	task = (struct task_struct *)bpf_get_current_task();
	socket->netns = BPF_CORE_READ(task, nsproxy, net_ns, ns.inum);
	return 1;
}

/* Finds the owners of the sockets that were open before polecat started. */
SEC("iter/task_file")
int udp_backfill(struct bpf_iter__task_file *context)
{
	struct task_struct *task = context->task;
	struct file *file = context->file;
	struct udp_socket *known;
	struct socket *socket;
	struct sock *sk;

	if (!task || !file)
		return 0;
	socket = bpf_sock_from_file(file);
	sk = socket ? socket->sk : NULL;
	if (!sk || !udp_socket_counts(sk->sk_protocol, sk->sk_type))
		return 0;
	if (sk->__sk_common.skc_family != AF_INET && sk->__sk_common.skc_family != AF_INET6)
		return 0;
	known = bpf_sk_storage_get(&udp_sockets, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	/* Of several processes that share a socket, keep the first. */
	if (!known || known->has_owner)
		return 0;
	known->has_owner = 1;
	known->netns = socket_info_netns(sk);
	if (sk->sk_protocol == IPPROTO_SCTP)
		sctp_ports_note(sk, known->netns);
	socket_owner_set(&known->owner, task);
	return 0;
}

#endif
