/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reports dropped packets of connection attempts and of connections that retransmit.
 *
 * The programs watch a connection from its first retransmission. They also watch an attempt whose
 * SYN is dropped, if the SYN still has a pointer to its socket (skb->sk). Connections that lose
 * nothing therefore cost nothing here. A packet belongs to a watched connection if its source or
 * its destination is the socket's own address and port. The programs do not compare the address and
 * port of the other end, because address translation may have replaced them in the packet.
 */
#ifndef POLECAT_BPF_DROPS_H
#define POLECAT_BPF_DROPS_H

#include "bpf/event.h"

#define ETH_P_IP   0x0800
#define ETH_P_IPV6 0x86dd

#define IPV4_HEADER_SIZE 20
#define IPV6_HEADER_SIZE 40

/* packet_dropped takes time for each packet that the kernel drops. If it ignores DROPS_FLOOD_COUNT
 * packets within DROPS_FLOOD_NS, it sets drops_flood. User space then detaches it, except while an
 * attempt is pending or a connection is watched (core/source/ebpf/drop_switch.h). */
#define DROPS_FLOOD_COUNT 1024
#define DROPS_FLOOD_NS    100000000ull

/* The shortest interval between two reports of one connection. */
#define DROPS_INTERVAL_NS 1000000000ull

/* The lowest inode number of a namespace (PROC_DYNAMIC_FIRST in fs/proc/generic.c). */
#define NAMESPACE_INODE_MIN 0xf0000000u

/* True if the programs below are loaded. User space sets it before it loads the programs. */
const volatile bool drops_watched;

/* The number of sockets with socket_info.watched. It includes connections that drop_watches evicted
 * because it was full. */
__u32 drops_watch_count;

/* The number of attempts that wait for an answer. */
__u32 drops_pending;

/* Set by packet_dropped, cleared by user space. */
__u32 drops_flood;

/* The number of packets that packet_dropped ignored. CPUs that add at the same time lose some
 * additions, because a rough count is enough. */
__u32 drops_ignored;

/* The time when drops_ignored reached the last multiple of DROPS_FLOOD_COUNT. */
__u64 drops_ignored_ns;

struct drop_key {
	__u8 address[16]; /* the socket's own address; IPv4: the first four bytes, then zeros */
	__u16 port;
	__u8 family; /* 4 or 6 */
	__u8 padding;
};

struct drop_watch {
	struct flow_event flow;
	__u64 count;     /* dropped packets */
	__u64 sent_ns;   /* time of the last report; 0: none */
	__u64 explained; /* the last report gave a reason */
};

/*
 * The watched connections. drops_watch inserts entries, and packet_dropped reads them. When an
 * attempt gets its answer or a connection ends, drops_forget deletes the entry. If the map is full,
 * an insertion evicts a connection without recent losses, which is watched again from its next
 * retransmission.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct drop_key);
	__type(value, struct drop_watch);
} drop_watches SEC(".maps");

/* Fills in the key of the socket's own end. */
static __always_inline void drops_fill_key(struct drop_key *key, const struct sock *sk,
					   __u16 local_port)
{
	const struct sock_common *common = &sk->__sk_common;

	__builtin_memset(key, 0, sizeof(*key));
	key->port = local_port;
	if (common->skc_family == AF_INET6 && !event_is_mapped(&common->skc_v6_daddr)) {
		key->family = 6;
		event_copy_address(key->address, &common->skc_v6_rcv_saddr);
		return;
	}
	key->family = 4;
	*(__u32 *)key->address = common->skc_rcv_saddr;
}

/* Watches the socket's connection. */
static __always_inline void drops_watch(struct sock *sk)
{
	struct socket_info *info = socket_info_get(sk, false);
	struct drop_watch watch;
	struct drop_key key;

	if (!info || !info->id || event_is_muted(info))
		return;
	drops_fill_key(&key, sk, sk->__sk_common.skc_num);
	if (bpf_map_lookup_elem(&drop_watches, &key))
		return;
	/* bpf_skc_to_tcp_sock does not accept the socket pointer of packet_dropped, so fill in only
	 * the members that need no struct tcp_sock. */
	event_fill(&watch.flow, RING_EVENT_ATTEMPT, sk, NULL, info, 0);
	watch.flow.kind = RING_EVENT_DROPPED;
	watch.flow.tcp_state = sk->__sk_common.skc_state;
	watch.count = 0;
	watch.sent_ns = 0;
	watch.explained = 0;
	if (bpf_map_update_elem(&drop_watches, &key, &watch, BPF_NOEXIST))
		return;
	/* A connection whose entry was evicted is counted already. */
	if (info->watched)
		return;
	info->watched = 1;
	__sync_fetch_and_add(&drops_watch_count, 1);
}

/* Call this when an attempt begins. */
static __always_inline void drops_await(struct socket_info *info)
{
	if (!drops_watched || info->pending)
		return;
	info->pending = 1;
	__sync_fetch_and_add(&drops_pending, 1);
}

/* Call this when an attempt gets its answer, when a connection ends, and before a socket begins
 * another attempt. */
static __always_inline void drops_forget(struct sock *sk, struct socket_info *info)
{
	struct tcp_sock *tcp;
	struct drop_key key;

	if (!drops_watched)
		return;
	if (info->pending) {
		info->pending = 0;
		__sync_fetch_and_sub(&drops_pending, 1);
	}
	if (!info->watched)
		return;
	/* Do this even if the map has evicted the entry. */
	info->watched = 0;
	__sync_fetch_and_sub(&drops_watch_count, 1);
	tcp = bpf_skc_to_tcp_sock(sk);
	if (!tcp)
		return;
	drops_fill_key(&key, sk, event_local_port(tcp));
	bpf_map_delete_elem(&drop_watches, &key);
}

/* Reads the addresses and ports of a TCP packet. Returns false for other packets, for fragments
 * without the ports, and for IPv6 packets with extension headers. */
static __always_inline bool drops_read_packet(const struct sk_buff *skb, struct drop_key *source,
					      struct drop_key *destination)
{
	const unsigned char *at = skb->head + skb->network_header;
	__u8 header[IPV6_HEADER_SIZE];
	__be16 ports[2];

	__builtin_memset(source, 0, sizeof(*source));
	__builtin_memset(destination, 0, sizeof(*destination));
	if (skb->protocol == bpf_htons(ETH_P_IP)) {
		if (bpf_probe_read_kernel(header, IPV4_HEADER_SIZE, at) || header[0] >> 4 != 4 ||
		    header[9] != IPPROTO_TCP || (header[6] & 0x1f) || header[7])
			return false;
		at += (header[0] & 0xf) * 4;
		__builtin_memcpy(source->address, header + 12, 4);
		__builtin_memcpy(destination->address, header + 16, 4);
		source->family = destination->family = 4;
	} else if (skb->protocol == bpf_htons(ETH_P_IPV6)) {
		if (bpf_probe_read_kernel(header, IPV6_HEADER_SIZE, at) || header[0] >> 4 != 6 ||
		    header[6] != IPPROTO_TCP)
			return false;
		at += IPV6_HEADER_SIZE;
		__builtin_memcpy(source->address, header + 8, 16);
		__builtin_memcpy(destination->address, header + 24, 16);
		source->family = destination->family = 6;
	} else {
		return false;
	}
	if (bpf_probe_read_kernel(ports, sizeof(ports), at))
		return false;
	source->port = bpf_ntohs(ports[0]);
	destination->port = bpf_ntohs(ports[1]);
	return true;
}

/*
 * Fills in the network namespace and the device of the drop. A packet that leaves its socket has no
 * device yet, so use the device of its route. While a packet is in a socket's queue, skb->dev is
 * not a device, because the kernel stores other data in that member (a union in struct sk_buff). An
 * inode number that is read through such a pointer is usually below NAMESPACE_INODE_MIN. In that
 * case, netns, ifindex and device stay 0 (unknown).
 */
static __always_inline void drops_fill_place(struct drop_event *event, struct sk_buff *skb)
{
	struct net_device *device = skb->dev;
	struct dst_entry *route = (void *)(skb->_skb_refdst & ~1ul);
	__u32 netns;

	if (!device && route)
		device = BPF_CORE_READ(route, dev);
	if (!device)
		return;
	netns = BPF_CORE_READ(device, nd_net.net, ns.inum);
	if (netns < NAMESPACE_INODE_MIN)
		return;
	event->netns = netns;
	event->ifindex = (__u32)BPF_CORE_READ(device, ifindex);
	BPF_CORE_READ_STR_INTO(&event->device, device, name);
}

static __always_inline bool drops_is_loopback(const struct drop_key *key)
{
	const __u32 *words = (const __u32 *)key->address;

	if (key->family == 4)
		return key->address[0] == 127;
	return !words[0] && !words[1] && !words[2] && words[3] == bpf_htonl(1);
}

/*
 * Returns whether the kernel gives a reason for the drop. Some kernels give no reason when they
 * drop a repeated SYN. They have then already sent the answer to the SYN again.
 */
static __always_inline bool drops_is_explained(__u32 reason)
{
	return !bpf_core_enum_value_exists(enum skb_drop_reason, SKB_DROP_REASON_NOT_SPECIFIED) ||
	       reason != bpf_core_enum_value(enum skb_drop_reason, SKB_DROP_REASON_NOT_SPECIFIED);
}

/* Returns whether the interval since the last report forbids another report. If the last report
 * gave no reason, a drop with a reason need not wait. */
static __always_inline bool drops_must_wait(const struct drop_watch *watch, bool explained,
					    __u64 now)
{
	if (explained && !watch->explained)
		return false;
	return watch->sent_ns && now - watch->sent_ns < DROPS_INTERVAL_NS;
}

/* Counts the drop for the connection watched under this key, and reports it if DROPS_INTERVAL_NS
 * has passed since the last report (see drops_must_wait). Returns false if the packet belongs to no
 * connection watched under this key. */
static __always_inline bool drops_report(const struct drop_key *key, struct sk_buff *skb,
					 __u32 reason)
{
	struct drop_watch *watch = bpf_map_lookup_elem(&drop_watches, key);
	bool explained = drops_is_explained(reason);
	struct drop_event *event;
	__u64 count, now;

	if (!watch)
		return false;
	count = __sync_fetch_and_add(&watch->count, 1) + 1;
	now = bpf_ktime_get_boot_ns();
	if (drops_must_wait(watch, explained, now))
		return true;
	event = ring_reserve(watch->flow.cgroup_id, sizeof(*event));
	if (!event)
		return true;
	__builtin_memset(event, 0, sizeof(*event));
	drops_fill_place(event, skb);
	/* Each namespace has its own loopback addresses, so this packet is another connection's. */
	if (drops_is_loopback(key) && event->netns && event->netns != watch->flow.netns) {
		__sync_fetch_and_sub(&watch->count, 1);
		bpf_ringbuf_discard(event, BPF_RB_NO_WAKEUP);
		return false;
	}
	watch->sent_ns = now;
	watch->explained = explained;
	__builtin_memcpy(&event->flow, &watch->flow, sizeof(event->flow));
	event->flow.time_ns = now;
	event->count = count;
	event->reason = reason;
	bpf_ringbuf_submit(event, event_wake_flags());
	return true;
}

/* TCP retransmits a segment, after a timeout or because acknowledgments show a loss. */
SEC("?tp_btf/tcp_retransmit_skb")
int BPF_PROG(segment_retransmitted, struct sock *sk)
{
	drops_watch(sk);
	return 0;
}

/* Counts a dropped packet of other traffic. */
static __always_inline void drops_ignore(void)
{
	const struct drops_flood_event event = {.kind = RING_EVENT_DROPS_FLOOD};
	__u32 count = drops_ignored + 1;
	__u64 now;

	drops_ignored = count;
	if (count % DROPS_FLOOD_COUNT)
		return;
	now = bpf_ktime_get_boot_ns();
	if (now - drops_ignored_ns < DROPS_FLOOD_NS && !drops_flood) {
		drops_flood = 1;
		/* Without room in the ring, user space finds drops_flood when it wakes up. */
		bpf_ringbuf_output(&ring, (void *)&event, sizeof(event), event_wake_flags());
	}
	drops_ignored_ns = now;
}

/* The kernel dropped a packet. */
SEC("?tp_btf/kfree_skb")
int BPF_PROG(packet_dropped, struct sk_buff *skb, void *location, __u32 reason)
{
	struct sock *sk = skb->sk;
	bool attempt = sk && sk->__sk_common.skc_state == TCP_SYN_SENT;
	struct drop_key source, destination;

	if (!attempt && !drops_watch_count) {
		drops_ignore();
		return 0;
	}
	if (!drops_read_packet(skb, &source, &destination))
		return 0;
	if (attempt && sk->sk_protocol == IPPROTO_TCP)
		drops_watch(sk);
	if (!drops_report(&source, skb, reason))
		drops_report(&destination, skb, reason);
	return 0;
}

#endif
