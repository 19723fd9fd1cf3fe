/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Follows SCTP associations in the cgroup_skb programs of bpf/udp.bpf.c.
 *
 * A client's association begins with the INIT that it sends. A server keeps no state before the
 * COOKIE ECHO: it sends all state to the client in the INIT ACK. All later packets are counted
 * under the association of their verification tag. So an association is one, however many addresses
 * its ends have, and also after accept() has moved it to another socket.
 */
#ifndef POLECAT_BPF_SCTP_H
#define POLECAT_BPF_SCTP_H

#include "bpf/dns_packet.h"
#include "bpf/flow_event.h"
#include "bpf/udp_packet.h"
#include "bpf/udp_socket.h"

#include <linux/errno.h>

/* The number of control chunks of a packet that are looked at. DATA chunks follow them. */
#define SCTP_CHUNKS_MAX 4
/* The time that the kernel waits for an answer to the first INIT (net.sctp.rto_initial). */
#define SCTP_PATIENCE_NS 3000000000ull

/* Types of chunks (RFC 9260, 3.2; RFC 8260, 2.1). */
enum {
	SCTP_DATA = 0,
	SCTP_INIT = 1,
	SCTP_INIT_ACK = 2,
	SCTP_SACK = 3,
	SCTP_HEARTBEAT = 4,
	SCTP_HEARTBEAT_ACK = 5,
	SCTP_ABORT = 6,
	SCTP_SHUTDOWN = 7,
	SCTP_COOKIE_ECHO = 10,
	SCTP_COOKIE_ACK = 11,
	SCTP_SHUTDOWN_COMPLETE = 14,
	SCTP_I_DATA = 64,
};

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
	__u64 sum;      /* UDP_SUM */
	__u32 chunks;   /* offset of the first chunk in the packet */
	__u32 first;    /* type of the first chunk */
	__u32 init_tag; /* of INIT and INIT ACK */
	struct sctp_tag key;
	__u8 family;
	__u8 has_shutdown; /* a SHUTDOWN is among the first SCTP_CHUNKS_MAX chunks */
};

/* Programs insert associations, and mark those that have ended. User space deletes these at a later
 * reading, so that late packets do not begin new ones. The key is sctp_row.id. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, struct sctp_row);
} sctp_rows SEC(".maps");

/* The ids of the associations by tag. Programs insert, user space deletes with the association. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct sctp_tag);
	__type(value, __u64);
} sctp_tags SEC(".maps");

/* The peer's tag for each INIT ACK that was sent, by this end's tag. Programs insert. A flood of
 * INITs replaces the entries that were not used for the longest time. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 2048);
	__type(key, struct sctp_tag);
	__type(value, __u32);
} sctp_answers SEC(".maps");

/* Sends a step to user space. Associations are few, so each event may wake the reader. */
static __always_inline void sctp_send(const struct sctp_row *row, __u8 step, __u8 end, __u8 error,
				      __u64 now)
{
	struct sctp_event *event = bpf_ringbuf_reserve(&dns_ring, sizeof(*event), 0);

	if (!event) {
		counters_add_lost();
		return;
	}
	event->kind = RING_EVENT_SCTP;
	event->step = step;
	event->end = end;
	event->error = error;
	event->padding = 0;
	event->time_ns = now;
	event->row = *row;
	bpf_ringbuf_submit(event, 0);
}

/* Reads the headers. Returns false for a packet that is too short, or not SCTP. */
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

/* Looks for a SHUTDOWN among the chunks before the data. */
static __always_inline void sctp_find_shutdown(struct __sk_buff *skb, struct sctp_packet *packet)
{
	__u32 at = packet->chunks;
	struct sctp_chunk chunk;

	packet->has_shutdown = 0;
	for (int i = 0; i < SCTP_CHUNKS_MAX; i++) {
		if (bpf_skb_load_bytes(skb, at, &chunk, sizeof(chunk)))
			return;
		if (chunk.type == SCTP_SHUTDOWN) {
			packet->has_shutdown = 1;
			return;
		}
		if (chunk.type == SCTP_DATA || chunk.type == SCTP_I_DATA)
			return;
		at += ((__u32)bpf_ntohs(chunk.length) + 3) & 0x1fffcu;
	}
}

static __always_inline bool sctp_read(struct __sk_buff *skb, bool egress,
				      struct sctp_packet *packet)
{
	struct sctp_header header;
	struct sctp_chunk chunk;
	bool reflected;

	if (!sctp_read_addresses(skb, egress, packet) ||
	    bpf_skb_load_bytes(skb, packet->chunks, &header, sizeof(header)))
		return false;
	packet->chunks += sizeof(header);
	if (bpf_skb_load_bytes(skb, packet->chunks, &chunk, sizeof(chunk)))
		return false;
	packet->first = chunk.type;
	packet->init_tag = 0;
	if ((chunk.type == SCTP_INIT || chunk.type == SCTP_INIT_ACK) &&
	    bpf_skb_load_bytes(skb, packet->chunks + sizeof(chunk), &packet->init_tag,
			       sizeof(packet->init_tag)))
		return false;
	reflected = (chunk.type == SCTP_ABORT || chunk.type == SCTP_SHUTDOWN_COMPLETE) &&
		    chunk.flags & SCTP_FLAG_T;
	packet->key.tag = header.tag;
	packet->key.local_port = bpf_ntohs(egress ? header.source : header.dest);
	packet->key.peer_port = bpf_ntohs(egress ? header.dest : header.source);
	packet->key.is_sent = egress != reflected;
	packet->now = bpf_ktime_get_boot_ns();
	packet->sum = skb->len - packet->chunks;
	packet->sum = UDP_SUM(udp_packet_count(skb, (__u32)packet->sum), packet->sum);
	sctp_find_shutdown(skb, packet);
	return true;
}

static __always_inline struct sctp_row *sctp_find(const struct sctp_tag *key)
{
	const __u64 *id = bpf_map_lookup_elem(&sctp_tags, key);
	__u64 copy;

	if (!id)
		return NULL;
	copy = *id;
	return bpf_map_lookup_elem(&sctp_rows, &copy);
}

/* Makes the packets with a tag of one end belong to the association. */
static __always_inline void sctp_add_tag(struct sctp_row *row, __u32 tag, __u32 is_sent)
{
	const struct sctp_tag key = {tag, row->local_port, row->peer_port, is_sent};
	__u64 id = row->id;

	*(is_sent ? &row->peer_tag : &row->own_tag) = tag;
	if (bpf_map_update_elem(&sctp_tags, &key, &id, BPF_ANY))
		counters_add_lost();
}

/* Adds an association, in the state and with the id of `new`. */
static __always_inline struct sctp_row *sctp_add(const struct sctp_packet *packet,
						 struct bpf_sock *sk, struct sctp_row *new)
{
	struct udp_socket *socket = bpf_sk_storage_get(&udp_sockets, sk, 0, 0);

	new->cgroup_id = bpf_sk_cgroup_id(sk);
	new->peer[0] = packet->peer[0];
	new->peer[1] = packet->peer[1];
	new->local[0] = packet->local[0];
	new->local[1] = packet->local[1];
	new->local_port = packet->key.local_port;
	new->peer_port = packet->key.peer_port;
	new->family = packet->family;
	if (socket) {
		/* connect() and sendmsg() send the INIT in the context of their process. */
		if (udp_sees_task && new->state == SCTP_ATTEMPT && socket->has_owner)
			socket_owner_set(&socket->owner, bpf_get_current_task_btf());
		new->netns = socket->netns;
		new->pid = socket->owner.pid;
		new->uid = socket->owner.uid;
		__builtin_memcpy(new->comm, socket->owner.comm, sizeof(new->comm));
		if (new->state == SCTP_ATTEMPT)
			socket->association = new->id;
	}
	bpf_map_update_elem(&sctp_rows, &new->id, new, BPF_NOEXIST);
	return bpf_map_lookup_elem(&sctp_rows, &new->id);
}

/* This end sent an INIT that is not a retransmission. */
static __always_inline struct sctp_row *sctp_begin(const struct sctp_packet *packet,
						   struct bpf_sock *sk)
{
	struct sctp_row new = {
		.id = counters_next_id(packet->now),
		.start_ns = packet->now,
		.direction = FLOW_EVENT_EGRESS,
		.state = SCTP_ATTEMPT,
	};
	struct sctp_row *row = sctp_add(packet, sk, &new);

	if (!row)
		return NULL;
	sctp_add_tag(row, packet->init_tag, 0);
	sctp_send(row, RING_EVENT_ATTEMPT, 0, 0, packet->now);
	return row;
}

/* A COOKIE ECHO arrived with the tag of an INIT ACK that this end sent. */
static __always_inline struct sctp_row *sctp_begin_accepted(const struct sctp_packet *packet,
							    struct bpf_sock *sk, __u32 peer_tag)
{
	struct sctp_row new = {
		.id = counters_next_id(packet->now),
		.start_ns = packet->now,
		.direction = FLOW_EVENT_INGRESS,
		.state = SCTP_COOKIE,
		.owner = FLOW_EVENT_OWNER_LISTENER,
	};
	struct sctp_row *row = sctp_add(packet, sk, &new);

	if (!row)
		return NULL;
	sctp_add_tag(row, packet->key.tag, 0);
	sctp_add_tag(row, peer_tag, 1);
	return row;
}

/*
 * Returns the association of a one-to-one socket that was open before polecat started. Its id is
 * made of the socket's cookie, so that both tags lead to the same association. It was accepted if
 * its port listened at the start. Before accept(), the associations of a listening socket have no
 * socket of their own. They are found after accept().
 */
static __always_inline struct sctp_row *
sctp_find_open(struct __sk_buff *skb, const struct sctp_packet *packet, struct bpf_sock *sk)
{
	struct udp_socket *socket;
	struct sctp_row *row;
	__u64 id;

	if (packet->first != SCTP_DATA && packet->first != SCTP_I_DATA &&
	    packet->first != SCTP_SACK && packet->first != SCTP_HEARTBEAT &&
	    packet->first != SCTP_HEARTBEAT_ACK)
		return NULL;
	if (sk->type != SOCK_STREAM || sk->state == TCP_LISTEN)
		return NULL;
	socket = bpf_sk_storage_get(&udp_sockets, sk, 0, 0);
	if (!socket)
		return NULL;
	id = counters_cookie_id(bpf_get_socket_cookie(skb));
	row = bpf_map_lookup_elem(&sctp_rows, &id);
	if (!row) {
		struct sctp_row new = {.id = id, .state = SCTP_OPEN};

		new.direction = sctp_ports_have(socket->netns, packet->key.local_port)
					? FLOW_EVENT_INGRESS
					: FLOW_EVENT_EGRESS;
		row = sctp_add(packet, sk, &new);
		if (row)
			sctp_send(row, RING_EVENT_OPEN, 0, 0, packet->now);
		else
			counters_add_lost();
	}
	if (row && row->state != SCTP_ENDED)
		sctp_add_tag(row, packet->key.tag, packet->key.is_sent);
	return row;
}

static __always_inline struct sctp_row *sctp_get(struct __sk_buff *skb, struct sctp_packet *packet,
						 struct bpf_sock *sk, bool egress)
{
	struct sctp_row *row;
	struct sctp_tag own;
	const __u32 *peer_tag;

	if (packet->first == SCTP_INIT) {
		if (!egress)
			return NULL;
		packet->key.tag = packet->init_tag;
		packet->key.is_sent = 0;
	}
	row = sctp_find(&packet->key);
	if (packet->first == SCTP_INIT && !row) {
		row = sctp_begin(packet, sk);
		if (!row)
			counters_add_lost();
		return row;
	}
	if (packet->first == SCTP_INIT_ACK && egress) {
		own = packet->key;
		own.tag = packet->init_tag;
		own.is_sent = 0;
		/* If both ends sent an INIT, both have an association already (RFC 9260, 5.2.1). */
		row = sctp_find(&own);
		if (row)
			sctp_add_tag(row, packet->key.tag, 1);
		else
			bpf_map_update_elem(&sctp_answers, &own, &packet->key.tag, BPF_ANY);
		return row;
	}
	if (row)
		return row;
	if (packet->first == SCTP_COOKIE_ECHO && !egress) {
		peer_tag = bpf_map_lookup_elem(&sctp_answers, &packet->key);
		if (!peer_tag)
			return NULL;
		row = sctp_begin_accepted(packet, sk, *peer_tag);
		if (!row)
			counters_add_lost();
		return row;
	}
	return sctp_find_open(skb, packet, sk);
}

static __always_inline void sctp_establish(struct sctp_row *row, __u64 now)
{
	__u8 step = row->state == SCTP_ATTEMPT ? RING_EVENT_ESTABLISHED : RING_EVENT_ACCEPTED;

	row->state = SCTP_OPEN;
	row->established_ns = now;
	sctp_send(row, step, 0, 0, now);
}

static __always_inline void sctp_end(struct sctp_row *row, bool egress, bool aborted, __u64 now)
{
	__u8 state = row->state;
	__u8 end = aborted ? egress ? FLOW_EVENT_END_RESET : FLOW_EVENT_END_RESET_BY_PEER
			   : row->closer;

	row->state = SCTP_ENDED;
	if (state == SCTP_ATTEMPT)
		sctp_send(row, RING_EVENT_FAILED, 0, egress ? 0 : ECONNREFUSED, now);
	else if (state == SCTP_OPEN)
		sctp_send(row, RING_EVENT_CLOSED, end, 0, now);
}

/* Follows the state machine of RFC 9260, 4. */
static __always_inline void sctp_step(struct sctp_row *row, const struct sctp_packet *packet,
				      bool egress)
{
	if (row->state == SCTP_ENDED)
		return;
	if (packet->first == SCTP_INIT && row->last_ns)
		row->init_gap_ns = packet->now - row->last_ns;
	row->last_ns = packet->now;
	if (packet->has_shutdown && !row->closer)
		row->closer = egress ? FLOW_EVENT_END_FIN : FLOW_EVENT_END_FIN_BY_PEER;
	switch (packet->first) {
	case SCTP_INIT_ACK:
		if (!egress)
			sctp_add_tag(row, packet->init_tag, 1);
		break;
	case SCTP_COOKIE_ACK:
		if (row->state == SCTP_ATTEMPT || row->state == SCTP_COOKIE)
			sctp_establish(row, packet->now);
		break;
	case SCTP_ABORT:
	case SCTP_SHUTDOWN_COMPLETE:
		sctp_end(row, egress, packet->first == SCTP_ABORT, packet->now);
		break;
	}
}

/* Handles every packet of SCTP. Packets of the kernel's own socket, which answers packets that
 * belong to no association, find no association. */
static __noinline int sctp_count(struct __sk_buff *skb, __u32 egress)
{
	struct bpf_sock *sk = skb->sk;
	struct sctp_packet packet;
	struct sctp_row *row;

	sk = sk ? bpf_sk_fullsock(sk) : NULL;
	if (!sk || sk->protocol != IPPROTO_SCTP || !sctp_read(skb, egress, &packet))
		return 0;
	row = sctp_get(skb, &packet, sk, egress);
	if (!row)
		return 0;
	__sync_fetch_and_add(egress ? &row->sent : &row->received, packet.sum);
	sctp_step(row, &packet, egress);
	return 0;
}

/* A process closes its last descriptor of a socket. Only an attempt that has no answer ends without
 * a packet. The time from the last INIT to the moment when the kernel gives up is never shorter
 * than that between the last two INITs. If less time has passed, the process has given up. */
static __always_inline void sctp_released(struct bpf_sock *context)
{
	struct udp_socket *socket = bpf_sk_storage_get(&udp_sockets, context, 0, 0);
	__u64 now = bpf_ktime_get_boot_ns();
	__u64 patience;
	struct sctp_row *row;

	if (!socket || !socket->association)
		return;
	row = bpf_map_lookup_elem(&sctp_rows, &socket->association);
	if (!row || row->state != SCTP_ATTEMPT)
		return;
	patience = row->init_gap_ns ? row->init_gap_ns : SCTP_PATIENCE_NS;
	row->state = SCTP_ENDED;
	sctp_send(row, RING_EVENT_FAILED, 0, now - row->last_ns < patience ? 0 : ETIMEDOUT, now);
}

#endif
