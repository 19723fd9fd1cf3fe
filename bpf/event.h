/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Fills in flow events and sends them to user space. */
#ifndef POLECAT_BPF_EVENT_H
#define POLECAT_BPF_EVENT_H

#include "bpf/ring.h"
#include "bpf/socket_info.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>

/* True if the programs check the map `muted`. User space sets it before it loads the programs. */
const volatile bool mute_by_cgroup;

/* Nonzero while user space sleeps on the rings; user space sets it. A wake-up costs an
 * inter-processor interrupt, so programs request one only while this is set. */
__u32 reader_waiting;

/* Cgroups that send no events, for example those of other pods while polecat watches one pod. Their
 * sockets still have a socket_info. User space inserts and deletes; event_send reads. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, __u8);
} muted SEC(".maps");

static __always_inline __u64 event_wake_flags(void)
{
	return *(volatile __u32 *)&reader_waiting ? 0 : BPF_RB_NO_WAKEUP;
}

static __always_inline bool event_is_mapped(const struct in6_addr *address)
{
	return address->in6_u.u6_addr32[0] == 0 && address->in6_u.u6_addr32[1] == 0 &&
	       address->in6_u.u6_addr32[2] == bpf_htonl(0xffff);
}

static __always_inline void event_copy_address(__u8 to[16], const struct in6_addr *from)
{
	for (int i = 0; i < 4; i++)
		((__u32 *)to)[i] = from->in6_u.u6_addr32[i];
}

/* Fills in the family, the addresses and the ports. */
static __always_inline void event_fill_ends(struct flow_event *event, const struct sock *sk,
					    __u16 local_port)
{
	const struct sock_common *common = &sk->__sk_common;
	bool egress = event->direction == FLOW_EVENT_EGRESS;
	__u16 remote_port = bpf_ntohs(common->skc_dport);
	__u8 *local = egress ? event->saddr : event->daddr;
	__u8 *remote = egress ? event->daddr : event->saddr;

	event->sport = egress ? local_port : remote_port;
	event->dport = egress ? remote_port : local_port;
	if (common->skc_family == AF_INET6 && !event_is_mapped(&common->skc_v6_daddr)) {
		event->family = 6;
		event_copy_address(local, &common->skc_v6_rcv_saddr);
		event_copy_address(remote, &common->skc_v6_daddr);
		return;
	}
	/* An IPv6 socket with an IPv4 peer also sets skc_rcv_saddr and skc_daddr. */
	event->family = 4;
	*(__u32 *)local = common->skc_rcv_saddr;
	*(__u32 *)remote = common->skc_daddr;
}

static __always_inline __u16 event_local_port(const struct tcp_sock *tcp)
{
	return bpf_ntohs(tcp->inet_conn.icsk_inet.inet_sport);
}

/* bytes_sent counts retransmissions too. bytes_received counts the peer's FIN as one byte;
 * tcp_fin() sets SOCK_DONE for it (net/ipv4/tcp_input.c). */
static __always_inline void event_fill_counters(struct flow_event *event, const struct sock *sk,
						const struct tcp_sock *tcp)
{
	__u64 received = tcp->bytes_received;
	unsigned long done = 1ul << bpf_core_enum_value(enum sock_flags, SOCK_DONE);

	event->tx_bytes = tcp->bytes_sent - tcp->bytes_retrans;
	event->rx_bytes = received && (sk->__sk_common.skc_flags & done) ? received - 1 : received;
	event->rtt_us = tcp->srtt_us >> 3;
	event->retransmits = tcp->total_retrans;
}

/* Returns the time since the handshake for CLOSED and OPEN, and since connect() for other kinds.
 * 0: unknown. */
static __always_inline __u64 event_since(const struct socket_info *info, __u8 kind, __u64 now)
{
	__u64 from = kind == RING_EVENT_CLOSED || kind == RING_EVENT_OPEN ? info->established_ns
									  : info->start_ns;

	return from && now > from ? now - from : 0;
}

/* Returns the cgroup (v2) of a connection. */
static __always_inline __u64 event_cgroup(const struct socket_info *info)
{
	return info->owner_moved ? info->owner.cgroup_id : info->cgroup_id;
}

/* Returns the number of subflows of a Multipath TCP connection; 0: there was only one. */
static __always_inline __u8 event_subflows(const struct socket_info *info)
{
	if (!info->subflows)
		return 0;
	return info->subflows < 255 ? (__u8)(info->subflows + 1) : 255;
}

/* Fills in all members except tcp_state, which becomes 0. */
static __always_inline void event_fill(struct flow_event *event, __u8 kind, const struct sock *sk,
				       const struct tcp_sock *tcp, const struct socket_info *info,
				       __u64 now)
{
	__builtin_memset(event, 0, sizeof(*event));
	event->kind = kind;
	event->direction = info->direction;
	event->end = kind == RING_EVENT_CLOSED ? info->end : 0;
	event->error = kind == RING_EVENT_FAILED ? (__u8)info->error : 0;
	event->subflow_of = info->subflow_of;
	event->subflows = event_subflows(info);
	event->time_ns = now;
	event->id = info->id;
	event->owner = info->owner_kind;
	event->cgroup_id = event_cgroup(info);
	event->netns = info->netns;
	event->pid = info->owner.pid;
	event->uid = info->owner.uid;
	__builtin_memcpy(event->comm, info->owner.comm, sizeof(event->comm));
	if (kind != RING_EVENT_ATTEMPT && kind != RING_EVENT_ACCEPTED && kind != RING_EVENT_OWNER) {
		event->since_ns = event_since(info, kind, now);
		event_fill_counters(event, sk, tcp);
	}
	/*
	 * At an attempt, skc_num is the port given to bind(), or 0 if the kernel has not chosen a
	 * port yet; inet_sport may still hold the port of an earlier attempt. After the attempt,
	 * inet_sport is the port in use, and skc_num becomes 0 when the socket closes.
	 */
	event_fill_ends(event, sk,
			kind == RING_EVENT_ATTEMPT ? sk->__sk_common.skc_num
						   : event_local_port(tcp));
}

static __always_inline bool event_is_muted(const struct socket_info *info)
{
	__u64 cgroup_id;

	if (!mute_by_cgroup)
		return false;
	cgroup_id = event_cgroup(info);
	return bpf_map_lookup_elem(&muted, &cgroup_id);
}

/* Not inlined, so that its instructions exist once in each program. */
static __noinline void event_send(__u8 kind, struct sock *sk, const struct socket_info *info,
				  __u8 tcp_state, __u64 now)
{
	struct tcp_sock *tcp = bpf_skc_to_tcp_sock(sk);
	/* A struct tcp_sock begins with the struct sock. The verifier does not trust this pointer,
	 * so it does not search all types for each load (socket_owner_set_by_task). */
	const struct sock *plain = (const struct sock *)tcp;
	struct flow_event *event;

	if (!tcp || event_is_muted(info))
		return;
	event = ring_reserve(event_cgroup(info), sizeof(*event));
	if (!event)
		return;
	event_fill(event, kind, plain, tcp, info, now);
	event->tcp_state = tcp_state;
	bpf_ringbuf_submit(event, event_wake_flags());
}

#endif
