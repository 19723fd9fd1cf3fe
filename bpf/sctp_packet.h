/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads the headers of an SCTP packet in a cgroup_skb program. */
#ifndef POLECAT_BPF_SCTP_PACKET_H
#define POLECAT_BPF_SCTP_PACKET_H

#include <stdbool.h>

#include "bpf/flow_event.h"
#include "bpf/udp_packet.h"

/* The number of chunks of a packet that are looked at. DATA chunks follow the control chunks. */
#define SCTP_CHUNKS_MAX 5

/* Types of chunks (RFC 9260, 3.2; RFC 4895, 4; RFC 8260, 2.1). */
enum {
	SCTP_DATA = 0,
	SCTP_INIT = 1,
	SCTP_INIT_ACK = 2,
	SCTP_SACK = 3,
	SCTP_HEARTBEAT = 4,
	SCTP_HEARTBEAT_ACK = 5,
	SCTP_ABORT = 6,
	SCTP_SHUTDOWN = 7,
	SCTP_SHUTDOWN_ACK = 8,
	SCTP_COOKIE_ECHO = 10,
	SCTP_COOKIE_ACK = 11,
	SCTP_SHUTDOWN_COMPLETE = 14,
	SCTP_AUTH = 15,
	SCTP_I_DATA = 64,
	SCTP_NO_CHUNK = 256, /* larger than every type */
};

/* Types from 64 on share their bits with smaller ones. None that is in use shares the bit of
 * SHUTDOWN or SHUTDOWN ACK. Without a branch for each type, the verifier has fewer paths to
 * check. */
#define SCTP_TYPE_BIT(type) (1ull << ((type)&63))

/* The flag T of ABORT and SHUTDOWN COMPLETE: the packet has its sender's tag. */
#define SCTP_FLAG_T 1

struct sctp_header {
	__be16 source;
	__be16 dest;
	__be32 tag;
	__be32 checksum;
};

struct sctp_chunk {
	__u8 type;
	__u8 flags;
	__be16 length;
};

struct sctp_packet {
	__u64 peer[2]; /* as in struct sctp_row */
	__u64 local[2];
	__u64 now;
	__u64 types;    /* SCTP_TYPE_BITs of the first SCTP_CHUNKS_MAX chunks */
	__u64 bytes;    /* of chunks */
	__u32 count;    /* packets; more than 1 if the kernel splits or has joined them */
	__u32 chunks;   /* offset of the first chunk in the packet */
	__u32 first;    /* type of the first chunk that is not AUTH */
	__u32 init_tag; /* of INIT and INIT ACK */
	struct sctp_tag key;
	__u8 family;
	__u8 is_reflected; /* an ABORT or SHUTDOWN COMPLETE with the flag T */
	__u8 is_bundled;   /* an INIT or INIT ACK that is not the only chunk */
};

static __always_inline bool sctp_read_addresses(struct __sk_buff *skb, bool egress,
						struct sctp_packet *packet)
{
	__u32 words[8];
	__u8 first;

	if (skb->protocol == bpf_htons(ETH_P_IP)) {
		if (bpf_skb_load_bytes(skb, 0, &first, sizeof(first)) ||
		    bpf_skb_load_bytes(skb, __builtin_offsetof(struct iphdr, saddr), words, 8))
			return false;
		packet->family = 4;
		packet->chunks = (__u32)(first & 0xf) * 4;
		packet->peer[0] = udp_packet_join(egress ? words[1] : words[0], 0);
		packet->peer[1] = 0;
		packet->local[0] = udp_packet_join(egress ? words[0] : words[1], 0);
		packet->local[1] = 0;
		return true;
	}
	if (bpf_skb_load_bytes(skb, __builtin_offsetof(struct ipv6hdr, saddr), words, 32))
		return false;
	packet->family = 6;
	packet->chunks = sizeof(struct ipv6hdr);
	packet->peer[0] =
		udp_packet_join(egress ? words[4] : words[0], egress ? words[5] : words[1]);
	packet->peer[1] =
		udp_packet_join(egress ? words[6] : words[2], egress ? words[7] : words[3]);
	packet->local[0] =
		udp_packet_join(egress ? words[0] : words[4], egress ? words[1] : words[5]);
	packet->local[1] =
		udp_packet_join(egress ? words[2] : words[6], egress ? words[3] : words[7]);
	return true;
}

/* Reads the control chunks. Skips AUTH, which authenticates the chunks after it. Stops at a chunk
 * that does not fit into the packet, because the kernel discards it. Returns false if no chunk is
 * left. */
static __always_inline bool sctp_read_chunks(struct __sk_buff *skb, struct sctp_packet *packet)
{
	__u32 at = packet->chunks;
	struct sctp_chunk chunk;
	__u32 length;

	packet->first = SCTP_NO_CHUNK;
	packet->init_tag = 0;
	packet->is_reflected = 0;
	packet->types = 0;
	for (int i = 0; i < SCTP_CHUNKS_MAX; i++) {
		if (bpf_skb_load_bytes(skb, at, &chunk, sizeof(chunk)))
			break;
		length = bpf_ntohs(chunk.length);
		if (length < sizeof(chunk) || at + length > skb->len)
			break;
		if (chunk.type != SCTP_AUTH && packet->first == SCTP_NO_CHUNK) {
			packet->first = chunk.type;
			packet->is_reflected = chunk.flags & SCTP_FLAG_T;
		}
		packet->types |= SCTP_TYPE_BIT(chunk.type);
		if (chunk.type == SCTP_DATA || chunk.type == SCTP_I_DATA)
			break;
		at += (length + 3) & 0x1fffcu;
	}
	if (packet->first != SCTP_ABORT && packet->first != SCTP_SHUTDOWN_COMPLETE)
		packet->is_reflected = 0;
	return packet->first != SCTP_NO_CHUNK;
}

/* Reads an INIT or INIT ACK. Returns false if several AUTHs come before it. */
static __always_inline bool sctp_read_init(struct __sk_buff *skb, struct sctp_packet *packet)
{
	__u32 at = packet->chunks;
	struct sctp_chunk chunk;
	bool after_auth;

	if (bpf_skb_load_bytes(skb, at, &chunk, sizeof(chunk)))
		return false;
	after_auth = chunk.type == SCTP_AUTH;
	if (after_auth) {
		at += (bpf_ntohs(chunk.length) + 3) & 0x1fffcu;
		if (bpf_skb_load_bytes(skb, at, &chunk, sizeof(chunk)))
			return false;
	}
	if (chunk.type != packet->first ||
	    bpf_skb_load_bytes(skb, at + sizeof(chunk), &packet->init_tag,
			       sizeof(packet->init_tag)))
		return false;
	at += (bpf_ntohs(chunk.length) + 3) & 0x1fffcu;
	packet->is_bundled = after_auth || !bpf_skb_load_bytes(skb, at, &chunk, sizeof(chunk));
	return true;
}

/* Returns false for a packet that is too short, or not SCTP. The local port is that of the socket:
 * address translation in the socket's network namespace may change the port in the packet. */
static __always_inline bool sctp_read(struct __sk_buff *skb, const struct bpf_sock *sk, bool egress,
				      struct sctp_packet *packet)
{
	struct sctp_header header;

	if (!sctp_read_addresses(skb, egress, packet) ||
	    bpf_skb_load_bytes(skb, packet->chunks, &header, sizeof(header)))
		return false;
	packet->chunks += sizeof(header);
	if (!sctp_read_chunks(skb, packet))
		return false;
	packet->is_bundled = 0;
	if ((packet->first == SCTP_INIT || packet->first == SCTP_INIT_ACK) &&
	    !sctp_read_init(skb, packet))
		return false;
	packet->key.tag = header.tag;
	packet->key.local_port = (__u16)sk->src_port;
	packet->key.peer_port = bpf_ntohs(egress ? header.dest : header.source);
	packet->key.is_sent = egress != packet->is_reflected;
	packet->now = bpf_ktime_get_boot_ns();
	packet->bytes = skb->len - packet->chunks;
	packet->count = udp_packet_count(skb, (__u32)packet->bytes);
	return true;
}

#endif
