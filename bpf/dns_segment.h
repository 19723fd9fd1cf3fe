/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sends the segments between a TCP socket and port 53 to user space, which puts the DNS messages
 * together. */
#ifndef POLECAT_BPF_DNS_SEGMENT_H
#define POLECAT_BPF_DNS_SEGMENT_H

#include "bpf/dns_packet.h"
#include "bpf/socket_info.h"

#include <linux/tcp.h>

/* True if the programs send segments. User space sets it before it loads the programs. */
const volatile bool dns_wants_segments;

/* Reads the TCP header. Returns its offset in the packet, or 0 for another protocol. */
static __always_inline __u32 dns_segment_load(struct __sk_buff *skb, struct tcphdr *header)
{
	struct ipv6hdr ip6;
	struct iphdr ip;
	__u32 offset;

	if (skb->protocol == bpf_htons(ETH_P_IPV6)) {
		if (bpf_skb_load_bytes(skb, 0, &ip6, sizeof(ip6)) || ip6.nexthdr != IPPROTO_TCP)
			return 0;
		offset = sizeof(ip6);
	} else {
		if (bpf_skb_load_bytes(skb, 0, &ip, sizeof(ip)) || ip.protocol != IPPROTO_TCP)
			return 0;
		offset = (__u32)ip.ihl * 4;
	}
	return bpf_skb_load_bytes(skb, offset, header, sizeof(*header)) ? 0 : offset;
}

/* Fills in the addresses of the socket, which address translation does not change. */
static __always_inline void dns_segment_fill_addresses(struct dns_event *head, struct bpf_sock *sk)
{
	if (head->family == 4) {
		head->server[0] = udp_packet_join(SOCKET_FIELD(sk->dst_ip4), 0);
		head->local[0] = udp_packet_join(SOCKET_FIELD(sk->src_ip4), 0);
		return;
	}
	head->server[0] =
		udp_packet_join(SOCKET_FIELD(sk->dst_ip6[0]), SOCKET_FIELD(sk->dst_ip6[1]));
	head->server[1] =
		udp_packet_join(SOCKET_FIELD(sk->dst_ip6[2]), SOCKET_FIELD(sk->dst_ip6[3]));
	head->local[0] =
		udp_packet_join(SOCKET_FIELD(sk->src_ip6[0]), SOCKET_FIELD(sk->src_ip6[1]));
	head->local[1] =
		udp_packet_join(SOCKET_FIELD(sk->src_ip6[2]), SOCKET_FIELD(sk->src_ip6[3]));
}

/* Fills in the cgroup, the network namespace, the connection and its owner. tcp_state_change stored
 * the last two in the socket. Without has_socket_storage, they stay unknown. */
static __always_inline void dns_segment_fill_owner(struct dns_event *head, struct bpf_sock *sk)
{
	const struct tcp_sock *tcp = bpf_skc_to_tcp_sock(sk);
	struct socket_info *info;

	if (tcp)
		head->netns = tcp->inet_conn.icsk_inet.sk.__sk_common.skc_net.net->ns.inum;
	head->cgroup_id = bpf_sk_cgroup_id(sk);
	if (!has_socket_storage)
		return;
	info = bpf_sk_storage_get(&sockets, sk, 0, 0);
	if (!info || !info->id)
		return;
	head->connection = info->id;
	head->pid = info->owner.pid;
	head->uid = info->owner.uid;
	__builtin_memcpy(head->comm, info->owner.comm, sizeof(head->comm));
}

/* Sends the payload of a packet that may be a segment from or to port 53 of the socket's peer. */
static __noinline int dns_send_segment(struct __sk_buff *skb, __u32 egress)
{
	struct bpf_sock *sk = skb->sk;
	struct dns_event head = {
		.is_tcp = 1,
		.is_connected = 1,
		.is_sent = egress ? 1 : 0,
		.direction = FLOW_EVENT_EGRESS,
		.server_port = DNS_PORT,
	};
	struct tcphdr header;
	__u32 offset;

	sk = sk ? bpf_sk_fullsock(sk) : NULL;
	if (!sk || sk->protocol != IPPROTO_TCP)
		return 0;
	offset = dns_segment_load(skb, &header);
	if (!offset || (egress ? header.dest : header.source) != bpf_htons(DNS_PORT))
		return 0;
	offset += (__u32)header.doff * 4;
	if (skb->len <= offset)
		return 0;
	head.size = skb->len - offset;
	head.family = skb->protocol == bpf_htons(ETH_P_IPV6) ? 6 : 4;
	head.local_port = (__u16)sk->src_port;
	head.sequence = bpf_ntohl(header.seq);
	head.socket = bpf_get_socket_cookie(skb);
	dns_segment_fill_addresses(&head, sk);
	dns_segment_fill_owner(&head, sk);
	return dns_send(skb, &head, offset);
}

#endif
