/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Follows SCTP associations in the cgroup_skb programs of bpf/udp.bpf.c.
 *
 * A client's association begins with the INIT that it sends. A server keeps no state before the
 * COOKIE ECHO: it sends all state to the client in the INIT ACK. Its association begins with the
 * COOKIE ACK that it sends, because only then has the kernel checked the cookie. All later packets
 * are counted under the association of their verification tag. So an association counts as one,
 * however many addresses its ends have, and even after accept() has moved it to another socket.
 *
 * The programs see a received packet before the kernel checks it. So a packet that the kernel
 * discards must not change much: each step below either needs a packet that this end sent, or can
 * be undone by one (sctp_reopen).
 */
#ifndef POLECAT_BPF_SCTP_H
#define POLECAT_BPF_SCTP_H

#include "bpf/dns_packet.h"
#include "bpf/sctp_rows.h"

#include <linux/errno.h>

/* After a received packet has ended an association, this end may still send for this long: while a
 * process uses the socket, the kernel puts off handling the packet. */
#define SCTP_END_NS 100000000ull

/* Sends a step to user space. Associations are few, so each event may wake the reader. */
static __always_inline void sctp_send(const struct sctp_row *row, __u8 step, __u8 end, __u8 error,
				      __u64 now)
{
	struct sctp_event *event;

	event = ring_reserve(row->cgroup_id, sizeof(*event));
	if (!event)
		return;
	event->kind = RING_EVENT_SCTP;
	event->step = step;
	event->end = end;
	event->error = error;
	event->padding = 0;
	event->time_ns = now;
	event->row = *row;
	bpf_ringbuf_submit(event, 0);
}

/* This end sent an INIT that is not a retransmission. */
static __always_inline struct sctp_row *
sctp_begin(struct __sk_buff *skb, const struct sctp_packet *packet, struct bpf_sock *sk)
{
	struct sctp_row new = {
		.id = counters_next_id(packet->now),
		.start_ns = packet->now,
		.last_ns = packet->now,
		.direction = FLOW_EVENT_EGRESS,
		.state = SCTP_ATTEMPT,
	};
	struct sctp_row *row = sctp_add(skb, packet, sk, &new);

	if (row && !sctp_add_tag(row, packet->init_tag, 0)) {
		sctp_remove(row);
		row = NULL;
	}
	if (row)
		sctp_send(row, RING_EVENT_ATTEMPT, 0, 0, packet->now);
	else
		sctp_count_unkept(&packet->key);
	return row;
}

static __always_inline void sctp_get_echo_key(struct __sk_buff *skb,
					      const struct sctp_packet *packet,
					      struct sctp_echo_key *key)
{
	key->socket = bpf_get_socket_cookie(skb);
	key->peer[0] = packet->peer[0];
	key->peer[1] = packet->peer[1];
	key->local_port = packet->key.local_port;
	key->peer_port = packet->key.peer_port;
	key->padding = 0;
}

/* A COOKIE ECHO arrived that belongs to no association. */
static __always_inline void sctp_note_echo(struct __sk_buff *skb, const struct sctp_packet *packet)
{
	const struct sctp_echo echo = {packet->now, packet->bytes, packet->count, packet->key.tag};
	struct sctp_echo_key key;

	sctp_get_echo_key(skb, packet, &key);
	bpf_map_update_elem(&sctp_echoes, &key, &echo, BPF_ANY);
}

/* This end sent a COOKIE ACK with a tag that belongs to no association: it has accepted an
 * association. */
static __always_inline struct sctp_row *
sctp_begin_accepted(struct __sk_buff *skb, const struct sctp_packet *packet, struct bpf_sock *sk)
{
	struct sctp_row new = {
		.id = counters_next_id(packet->now),
		.direction = FLOW_EVENT_INGRESS,
		.state = SCTP_OPEN,
		.owner = FLOW_EVENT_OWNER_LISTENER,
		.established_ns = packet->now,
		.last_ns = packet->now,
	};
	struct sctp_echo_key key;
	const struct sctp_echo *echo;
	struct sctp_row *row;
	__u32 own_tag;

	sctp_get_echo_key(skb, packet, &key);
	echo = bpf_map_lookup_elem(&sctp_echoes, &key);
	if (!echo)
		return NULL;
	own_tag = echo->tag;
	new.start_ns = echo->time_ns;
	new.rx_bytes = echo->bytes;
	new.packets = echo->count;
	bpf_map_delete_elem(&sctp_echoes, &key);
	row = sctp_add(skb, packet, sk, &new);
	if (!row)
		return NULL;
	if (!sctp_add_tag(row, packet->key.tag, 1) || !sctp_add_tag(row, own_tag, 0)) {
		sctp_remove(row);
		return NULL;
	}
	sctp_send(row, RING_EVENT_ACCEPTED, 0, 0, packet->now);
	return row;
}

/* Returns whether a packet may be one of an association that is open. */
static __always_inline bool sctp_shows_open(const struct sctp_packet *packet)
{
	return packet->first == SCTP_DATA || packet->first == SCTP_I_DATA ||
	       packet->first == SCTP_SACK || packet->first == SCTP_HEARTBEAT ||
	       packet->first == SCTP_HEARTBEAT_ACK;
}

/*
 * Returns the association of a one-to-one socket that was open before polecat started. Its id is
 * made of the socket's cookie, so that both tags lead to the same association. It was accepted if
 * its port listened at the start. Before accept(), the associations of a listening socket have no
 * socket of their own. They are found after accept().
 *
 * This end's tag is that of the first packet that arrives, and does not change, because the program
 * cannot recognise a forged tag. The peer's tag is always that of the packets that the kernel
 * sends.
 */
static __always_inline struct sctp_row *
sctp_find_open(struct __sk_buff *skb, const struct sctp_packet *packet, struct bpf_sock *sk)
{
	struct udp_socket *socket;
	struct sctp_row *row;
	bool unkept;
	__u64 id;

	if (!sctp_shows_open(packet) || sk->type != SOCK_STREAM || sk->state == TCP_LISTEN)
		return NULL;
	socket = bpf_sk_storage_get(&udp_sockets, sk, 0, 0);
	if (!socket)
		return NULL;
	/* A packet of another association than the one that the socket began may be forged. */
	id = socket->association;
	row = id ? bpf_map_lookup_elem(&sctp_rows, &id) : NULL;
	if (!row) {
		id = counters_cookie_id(bpf_get_socket_cookie(skb));
		row = bpf_map_lookup_elem(&sctp_rows, &id);
	}
	if (!row) {
		struct sctp_row new = {.id = id, .last_ns = packet->now, .state = SCTP_OPEN};

		unkept = socket->is_unkept;
		new.direction = sctp_ports_have(socket->netns, packet->key.local_port)
					? FLOW_EVENT_INGRESS
					: FLOW_EVENT_EGRESS;
		row = sctp_add(skb, packet, sk, &new);
		if (row)
			sctp_send(row, RING_EVENT_OPEN, 0, 0, packet->now);
		else if (!unkept)
			counters_add_lost();
	}
	if (!row || row->state == SCTP_ENDED || (!packet->key.is_sent && row->own_tag))
		return NULL;
	if (!sctp_add_tag(row, packet->key.tag, packet->key.is_sent))
		counters_add_lost();
	return row;
}

/* Replaces an association that seems to have ended but still sends data: the kernel has discarded
 * the packet that seemed to end it. Returns a new association with an id of its own, because
 * readers of the events take an end as final. */
static __always_inline struct sctp_row *sctp_reopen(struct sctp_row *ended, __u64 now)
{
	struct sctp_row new = *ended;
	struct sctp_row *row;

	new.id = counters_next_id(now);
	new.last_ns = now;
	new.state = SCTP_OPEN;
	new.closer = 0;
	new.tx_bytes = 0;
	new.rx_bytes = 0;
	new.packets = 0;
	row = sctp_insert(&new);
	if (!row)
		return NULL;
	if ((row->own_tag && !sctp_add_tag(row, row->own_tag, 0)) ||
	    !sctp_add_tag(row, row->peer_tag, 1)) {
		sctp_remove(row);
		return NULL;
	}
	sctp_send(row, RING_EVENT_OPEN, 0, 0, now);
	return row;
}

/* Handles a packet that this end sent with the tag of an ended association. If the packet shows
 * that the association is still open, returns its replacement (sctp_reopen), else NULL. */
static __always_inline struct sctp_row *sctp_get_ended(struct sctp_row *row,
						       const struct sctp_packet *packet)
{
	if ((packet->first != SCTP_DATA && packet->first != SCTP_I_DATA &&
	     packet->first != SCTP_SACK) ||
	    packet->now - row->last_ns < SCTP_END_NS)
		return NULL;
	row = sctp_reopen(row, packet->now);
	if (!row)
		sctp_count_unkept(&packet->key);
	return row;
}

/* This end sent an INIT ACK. If both ends sent an INIT, both have an association already (RFC 9260,
 * 5.2.1), and the peer's tag is that of its INIT. */
static __always_inline struct sctp_row *sctp_answer(const struct sctp_packet *packet)
{
	struct sctp_tag own = packet->key;
	struct sctp_row *row;

	own.tag = packet->init_tag;
	own.is_sent = 0;
	row = sctp_find(&own);
	if (!row || row->state != SCTP_ATTEMPT)
		return NULL;
	if (!row->has_answer && !sctp_add_tag(row, packet->key.tag, 1))
		counters_add_lost();
	return row;
}

static __always_inline struct sctp_row *
sctp_get_sent(struct __sk_buff *skb, struct sctp_packet *packet, struct bpf_sock *sk)
{
	struct sctp_row *row;

	if (packet->first == SCTP_INIT_ACK)
		return sctp_answer(packet);
	if (packet->first == SCTP_INIT) {
		packet->key.tag = packet->init_tag;
		packet->key.is_sent = 0;
	}
	row = sctp_find(&packet->key);
	if (row && row->state != SCTP_ENDED)
		return row;
	if (packet->first == SCTP_INIT)
		return sctp_begin(skb, packet, sk);
	if (packet->first == SCTP_COOKIE_ACK) {
		row = sctp_begin_accepted(skb, packet, sk);
		if (!row)
			sctp_count_unkept(&packet->key);
		return row;
	}
	return row ? sctp_get_ended(row, packet) : sctp_find_open(skb, packet, sk);
}

static __always_inline struct sctp_row *
sctp_get_received(struct __sk_buff *skb, const struct sctp_packet *packet, struct bpf_sock *sk)
{
	struct sctp_row *row;

	if (packet->first == SCTP_INIT)
		return NULL;
	row = sctp_find(&packet->key);
	if (row && row->state != SCTP_ENDED)
		return row;
	if (packet->first == SCTP_COOKIE_ECHO) {
		sctp_note_echo(skb, packet);
		return NULL;
	}
	return row ? NULL : sctp_find_open(skb, packet, sk);
}

/* The peer has answered the attempt. */
static __always_inline void sctp_establish(struct sctp_row *row, __u64 now)
{
	row->state = SCTP_OPEN;
	row->established_ns = now;
	sctp_send(row, RING_EVENT_ESTABLISHED, 0, 0, now);
}

static __always_inline void sctp_end(struct sctp_row *row, bool egress, bool aborted, __u64 now)
{
	bool attempt = row->state == SCTP_ATTEMPT;
	__u8 end = aborted ? egress ? FLOW_EVENT_END_RESET : FLOW_EVENT_END_RESET_BY_PEER
			   : row->closer;

	row->state = SCTP_ENDED;
	if (attempt)
		sctp_send(row, RING_EVENT_FAILED, 0, egress ? 0 : ECONNREFUSED, now);
	else
		sctp_send(row, RING_EVENT_CLOSED, end, 0, now);
}

/*
 * Returns whether the kernel ends an association with the packet (RFC 9260, 8.5.1 and 9.2). A
 * received SHUTDOWN COMPLETE counts only as an answer. If this end sends a packet with the flag T,
 * it answers a packet that belongs to no association. Such an ABORT ends only attempts: this end
 * sends it for an INIT ACK that is not valid.
 */
static __always_inline bool sctp_is_end(const struct sctp_row *row,
					const struct sctp_packet *packet, bool egress)
{
	if (packet->first == SCTP_ABORT)
		return !egress || !packet->is_reflected || row->state == SCTP_ATTEMPT;
	return packet->first == SCTP_SHUTDOWN_COMPLETE &&
	       (egress ? !packet->is_reflected : row->has_shutdown_ack);
}

/* Follows the state machine of RFC 9260, 4. */
static __always_inline void sctp_step(struct sctp_row *row, const struct sctp_packet *packet,
				      bool egress)
{
	if (packet->first == SCTP_INIT) {
		row->init_gap_ns = packet->now - row->last_ns;
		row->has_answer = 0;
	}
	row->last_ns = packet->now;
	if (packet->types & SCTP_TYPE_BIT(SCTP_SHUTDOWN) && !row->closer)
		row->closer = egress ? FLOW_EVENT_END_FIN : FLOW_EVENT_END_FIN_BY_PEER;
	if (egress && packet->types & SCTP_TYPE_BIT(SCTP_SHUTDOWN_ACK))
		row->has_shutdown_ack = 1;
	if (sctp_is_end(row, packet, egress)) {
		sctp_end(row, egress, packet->first == SCTP_ABORT, packet->now);
		return;
	}
	if (row->state != SCTP_ATTEMPT)
		return;
	if (packet->first == SCTP_COOKIE_ACK)
		sctp_establish(row, packet->now);
	if (packet->first == SCTP_INIT_ACK && !egress && !row->has_answer) {
		/* The kernel accepts only an INIT ACK that is alone in its packet (RFC 9260, 6.10).
		 * If it answers any other INIT ACK, it sends an ABORT with the tag. */
		row->has_answer = !packet->is_bundled;
		if (!sctp_add_tag(row, packet->init_tag, 1))
			counters_add_lost();
	}
}

/* Returns whether a socket has associations. A raw socket of SCTP gets copies of the packets of
 * other sockets. The kernel's own socket, which answers packets that belong to no association, has
 * no port. */
static __always_inline bool sctp_has_associations(const struct bpf_sock *sk)
{
	return sk->protocol == IPPROTO_SCTP && sctp_is_type(sk->type) && sk->src_port;
}

/* Handles every packet of SCTP. */
static __noinline int sctp_count(struct __sk_buff *skb, __u32 egress)
{
	struct bpf_sock *sk = skb->sk;
	struct sctp_packet packet;
	struct sctp_row *row;

	sk = sk ? bpf_sk_fullsock(sk) : NULL;
	if (!sk || !sctp_has_associations(sk) || !sctp_read(skb, sk, egress, &packet))
		return 0;
	row = egress ? sctp_get_sent(skb, &packet, sk) : sctp_get_received(skb, &packet, sk);
	if (!row)
		return 0;
	__sync_fetch_and_add(egress ? &row->tx_bytes : &row->rx_bytes, packet.bytes);
	__sync_fetch_and_add(&row->packets, packet.count);
	sctp_step(row, &packet, egress);
	return 0;
}

/* A process closes its last descriptor of a socket. The attempts of the socket end without a
 * packet, so user space ends them at its next reading. */
static __always_inline void sctp_released(struct bpf_sock *context)
{
	struct udp_socket *socket = bpf_sk_storage_get(&udp_sockets, context, 0, 0);
	const struct sctp_row *last;
	__u64 cookie, now;

	if (!socket || !socket->association)
		return;
	last = bpf_map_lookup_elem(&sctp_rows, &socket->association);
	if (socket->rows == 1 && (!last || last->state != SCTP_ATTEMPT))
		return;
	cookie = bpf_get_socket_cookie(context);
	now = bpf_ktime_get_boot_ns();
	if (bpf_map_update_elem(&sctp_closed, &cookie, &now, BPF_ANY))
		counters_add_lost();
}

#endif
