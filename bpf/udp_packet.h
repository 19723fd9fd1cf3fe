/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads the headers of a UDP packet in a cgroup_skb program. */
#ifndef POLECAT_BPF_UDP_PACKET_H
#define POLECAT_BPF_UDP_PACKET_H

#include <stdbool.h>

#include "bpf/kernel_types.h"

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define DNS_PORT 53
/* The maximum number of extension headers between an IPv6 header and the UDP header. */
#define UDP_PACKET_EXTENSIONS_MAX 6

/* Values of the IPv6 field "next header" (RFC 8200, RFC 4302). */
enum {
	NEXT_HOP_BY_HOP = 0,
	NEXT_ROUTING = 43,
	NEXT_FRAGMENT = 44,
	NEXT_AUTHENTICATION = 51,
	NEXT_DESTINATION = 60,
};

/* Addresses are in network byte order, ports in host byte order. */
struct udp_packet {
	__u64 remote[2]; /* the peer's address; IPv4: the first four bytes, the rest 0 */
	__u64 local[2];
	__u32 payload; /* offset of the payload in the packet */
	__u16 remote_port;
	__u8 family; /* 4 or 6 */
};

/* Combines two 32-bit words of an address in a register. Two stores to memory would stall the next
 * 64-bit load from there. */
static __always_inline __u64 udp_packet_join(__u32 first, __u32 second)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return (__u64)second << 32 | first;
#else
	return (__u64)first << 32 | second;
#endif
}

/* The result of udp_packet_read. */
enum udp_packet_kind {
	UDP_PACKET_OTHER = 0,
	UDP_PACKET_DATAGRAM,
	UDP_PACKET_MAYBE_DNS, /* not UDP; the bytes where TCP has the peer's port are DNS_PORT */
	UDP_PACKET_SCTP,
	UDP_PACKET_OPTIONS, /* IPv4 options or IPv6 extension headers come before the next header */
};

/* Reads one field of a socket. The verifier allows only constant offsets; the barrier keeps the
 * compiler from merging the loads of two branches into one with a computed offset. */
#define SOCKET_FIELD(field)             \
	({                              \
		__u32 value_ = (field); \
		barrier_var(value_);    \
		value_;                 \
	})

/* Returns the offset of the UDP header after IPv4 options, or 0. */
static __always_inline __u32 udp_packet_skip_options(struct __sk_buff *skb)
{
	__u8 version_and_words;

	if (bpf_skb_load_bytes(skb, 0, &version_and_words, sizeof(version_and_words)))
		return 0;
	return (__u32)(version_and_words & 0xf) * 4;
}

/* Returns the offset of the UDP header after the extension headers, or 0 for another protocol. */
static __always_inline __u32 udp_packet_skip_extensions(struct __sk_buff *skb)
{
	__u32 offset = sizeof(struct ipv6hdr);
	__u8 header[2];
	__u8 next;

	if (bpf_skb_load_bytes(skb, __builtin_offsetof(struct ipv6hdr, nexthdr), &next,
			       sizeof(next)))
		return 0;
	for (int i = 0; i < UDP_PACKET_EXTENSIONS_MAX && next != IPPROTO_UDP; i++) {
		if (next != NEXT_HOP_BY_HOP && next != NEXT_ROUTING && next != NEXT_FRAGMENT &&
		    next != NEXT_AUTHENTICATION && next != NEXT_DESTINATION)
			return 0;
		if (bpf_skb_load_bytes(skb, offset, header, sizeof(header)))
			return 0;
		if (next == NEXT_FRAGMENT)
			offset += 8;
		else if (next == NEXT_AUTHENTICATION)
			offset += ((__u32)header[1] + 2) * 4;
		else
			offset += ((__u32)header[1] + 1) * 8;
		next = header[0];
	}
	return next == IPPROTO_UDP ? offset : 0;
}

static __always_inline void udp_packet_get_port(const struct udphdr *header, bool egress,
						__u32 payload, struct udp_packet *packet)
{
	packet->payload = payload;
	packet->remote_port = bpf_ntohs(egress ? header->dest : header->source);
}

/* Sorts a packet of another protocol. TCP has its ports where UDP has them. */
static __always_inline enum udp_packet_kind udp_packet_other(const struct udphdr *header,
							     bool egress)
{
	return (egress ? header->dest : header->source) == bpf_htons(DNS_PORT)
		       ? UDP_PACKET_MAYBE_DNS
		       : UDP_PACKET_OTHER;
}

static __always_inline enum udp_packet_kind udp_packet_read_v4(struct __sk_buff *skb, bool egress,
							       struct udp_packet *packet)
{
	const struct iphdr *ip = (const void *)(long)skb->data;
	const struct udphdr *header = (const void *)(ip + 1);
	const void *end = (const void *)(long)skb->data_end;

	if ((const void *)(header + 1) > end)
		return UDP_PACKET_OTHER;
	if (ip->protocol != IPPROTO_UDP)
		return ip->protocol == IPPROTO_SCTP ? UDP_PACKET_SCTP
						    : udp_packet_other(header, egress);
	packet->family = 4;
	packet->remote[0] = udp_packet_join(egress ? ip->daddr : ip->saddr, 0);
	packet->remote[1] = 0;
	packet->local[0] = udp_packet_join(egress ? ip->saddr : ip->daddr, 0);
	packet->local[1] = 0;
	if (ip->ihl != sizeof(*ip) / 4)
		return UDP_PACKET_OPTIONS;
	udp_packet_get_port(header, egress, sizeof(*ip) + sizeof(*header), packet);
	return UDP_PACKET_DATAGRAM;
}

static __always_inline void udp_packet_copy(__u64 to[2], const struct in6_addr *from)
{
	const __u32 *words = from->in6_u.u6_addr32;

	to[0] = udp_packet_join(words[0], words[1]);
	to[1] = udp_packet_join(words[2], words[3]);
}

static __always_inline enum udp_packet_kind udp_packet_read_v6(struct __sk_buff *skb, bool egress,
							       struct udp_packet *packet)
{
	const struct ipv6hdr *ip = (const void *)(long)skb->data;
	const struct udphdr *header = (const void *)(ip + 1);
	const void *end = (const void *)(long)skb->data_end;

	if ((const void *)(header + 1) > end)
		return UDP_PACKET_OTHER;
	if (ip->nexthdr == IPPROTO_TCP)
		return udp_packet_other(header, egress);
	if (ip->nexthdr == IPPROTO_SCTP)
		return UDP_PACKET_SCTP;
	packet->family = 6;
	udp_packet_copy(packet->remote, egress ? &ip->daddr : &ip->saddr);
	udp_packet_copy(packet->local, egress ? &ip->saddr : &ip->daddr);
	if (ip->nexthdr != IPPROTO_UDP)
		return UDP_PACKET_OPTIONS;
	udp_packet_get_port(header, egress, sizeof(*ip) + sizeof(*header), packet);
	return UDP_PACKET_DATAGRAM;
}

/* Fills in *packet if the result is UDP_PACKET_DATAGRAM. If it is UDP_PACKET_OPTIONS, only payload
 * and remote_port are missing. */
static __always_inline enum udp_packet_kind
udp_packet_read_plain(struct __sk_buff *skb, bool egress, struct udp_packet *packet)
{
	if (skb->protocol == bpf_htons(ETH_P_IP))
		return udp_packet_read_v4(skb, egress, packet);
	if (skb->protocol == bpf_htons(ETH_P_IPV6))
		return udp_packet_read_v6(skb, egress, packet);
	return UDP_PACKET_OTHER;
}

/* Like udp_packet_read_plain, but also reads a UDP header after options. Never returns
 * UDP_PACKET_OPTIONS. */
static __always_inline enum udp_packet_kind udp_packet_read(struct __sk_buff *skb, bool egress,
							    struct udp_packet *packet)
{
	enum udp_packet_kind kind = udp_packet_read_plain(skb, egress, packet);
	struct udphdr header;
	__u32 offset;

	if (kind != UDP_PACKET_OPTIONS)
		return kind;
	offset = packet->family == 4 ? udp_packet_skip_options(skb)
				     : udp_packet_skip_extensions(skb);
	if (!offset || bpf_skb_load_bytes(skb, offset, &header, sizeof(header)))
		return UDP_PACKET_OTHER;
	udp_packet_get_port(&header, egress, offset + (__u32)sizeof(header), packet);
	return UDP_PACKET_DATAGRAM;
}

/* Returns the number of datagrams in a packet with `bytes` bytes of payload. The kernel may send
 * several datagrams as one packet (UDP_SEGMENT), and join received datagrams (UDP_GRO). Only such a
 * packet has gso_size. One from a virtual network card may lack gso_segs. */
static __always_inline __u32 udp_packet_count(const struct __sk_buff *skb, __u32 bytes)
{
	__u32 size = skb->gso_size;
	__u32 segments;

	if (size == 0)
		return 1;
	segments = skb->gso_segs;
	if (segments > 0)
		return segments;
	return bytes > size ? (bytes + size - 1) / size : 1;
}

#endif
