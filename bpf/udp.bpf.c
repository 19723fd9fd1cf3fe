// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Counts the datagrams of UDP sockets, per socket and peer, at the root of cgroup v2. User space
 * reads the counters every second; counting a packet does not wake it. The same programs follow
 * SCTP associations (bpf/sctp.h). For packets of other protocols, and for forwarded packets, which
 * have no socket, the programs return after a few instructions.
 */
#include "bpf/dns_segment.h"
#include "bpf/sctp.h"
#include "bpf/socket_cast.h"
#include "bpf/udp_rows.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* The id of struct sock_common in the kernel's BTF. 0: the programs cannot call bpf_rdonly_cast
 * (bpf/socket_cast.h). User space sets it before it loads the programs. */
const volatile __u32 udp_cast_type;

static const void *(*const udp_cast)(const void *, __u32) = (void *)SOCKET_CAST_PLACEHOLDER;

/* Returns the cookie of skb->sk, which is not NULL. Most packets need no helper call. */
static __always_inline __u64 udp_cookie(struct __sk_buff *skb)
{
	const struct sock_common *common;
	__u64 cookie;

	if (udp_cast_type) {
		common = udp_cast(skb->sk, udp_cast_type);
		cookie = (__u64)common->skc_cookie.counter;
		if (cookie)
			return cookie;
	}
	/* The first call for a socket makes its cookie. */
	return bpf_get_socket_cookie(skb);
}

/* For a sent datagram, makes the current task the socket's owner. Then copies the socket's owner to
 * the row. A socket of the kernel gets no owner, because it may send in the context of any task. */
static __always_inline void udp_set_owner(struct udp_row *row, struct udp_socket *socket,
					  bool egress)
{
	if (udp_sees_task && egress && socket->has_owner)
		socket_owner_set(&socket->owner, bpf_get_current_task_btf());
	row->pid = socket->owner.pid;
	row->uid = socket->owner.uid;
	__builtin_memcpy(row->comm, socket->owner.comm, sizeof(row->comm));
}

static __always_inline struct udp_row *udp_insert(struct udp_socket *socket, struct bpf_sock *sk,
						  const struct udp_packet *packet,
						  const struct udp_key *key, bool egress)
{
	struct udp_row *row;
	struct udp_row new = {
		.socket = key->socket,
		.peer = {key->peer[0], key->peer[1]},
		.end = key->end,
		.local_port = (__u16)sk->src_port,
		.direction = egress ? FLOW_EVENT_EGRESS : FLOW_EVENT_INGRESS,
		.is_connected = sk->dst_port ? 1 : 0,
		.cgroup_id = bpf_sk_cgroup_id(sk),
		.first_ns = bpf_ktime_get_boot_ns(),
		.netns = socket->netns,
		.local = {packet->local[0], packet->local[1]},
	};

	udp_set_owner(&new, socket, egress);
	row = udp_rows_insert(key, &new);
	if (row && socket->rows++ == 0)
		socket->first = *key;
	return row;
}

/* Finds or adds a row for a packet if no row has its exact address and port: a row for all ports of
 * the address, a row for all other peers, or a new row for this peer. */
static __always_inline struct udp_row *udp_add(struct bpf_sock *sk, const struct udp_packet *packet,
					       struct udp_key *key, bool egress)
{
	struct udp_socket *socket =
		bpf_sk_storage_get(&udp_sockets, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	struct udp_row *row;
	__u32 end = key->end;

	if (!socket)
		return NULL;
	if (socket->has_any_port) {
		key->end = UDP_END(packet->family, 0);
		row = udp_rows_find(key);
		if (row)
			return row;
		key->end = end;
	}
	if (socket->rows >= UDP_SOCKET_ROWS_MAX) {
		key->peer[0] = 0;
		key->peer[1] = 0;
		key->end = 0;
		row = udp_rows_find(key);
		if (row)
			return row;
	} else if (!egress && socket->rows >= UDP_PORT_ROWS_MAX) {
		key->end = UDP_END(packet->family, 0);
		socket->has_any_port = 1;
	}
	return udp_insert(socket, sk, packet, key, egress);
}

/* Uses the addresses of a connected socket in place of the packet's. Address translation in the
 * socket's own network namespace changes only the packet: if a process of the host sends to a
 * Service, its socket has the Service's address, and its packets have a pod's address. */
static __always_inline void udp_use_connected(const struct bpf_sock *sk, struct udp_packet *packet)
{
	__u16 port = bpf_ntohs(sk->dst_port);

	if (!port)
		return;
	packet->remote_port = port;
	if (packet->family == 4) {
		packet->remote[0] = udp_packet_join(SOCKET_FIELD(sk->dst_ip4), 0);
		packet->local[0] = udp_packet_join(SOCKET_FIELD(sk->src_ip4), 0);
		return;
	}
	packet->remote[0] =
		udp_packet_join(SOCKET_FIELD(sk->dst_ip6[0]), SOCKET_FIELD(sk->dst_ip6[1]));
	packet->remote[1] =
		udp_packet_join(SOCKET_FIELD(sk->dst_ip6[2]), SOCKET_FIELD(sk->dst_ip6[3]));
	packet->local[0] =
		udp_packet_join(SOCKET_FIELD(sk->src_ip6[0]), SOCKET_FIELD(sk->src_ip6[1]));
	packet->local[1] =
		udp_packet_join(SOCKET_FIELD(sk->src_ip6[2]), SOCKET_FIELD(sk->src_ip6[3]));
}

/* Sets the owner of a row that began with a received datagram: the task that sends the first
 * answer. */
static __always_inline void udp_first_answer(struct udp_row *row, struct bpf_sock *sk)
{
	struct udp_socket *socket;

	if (row->direction != FLOW_EVENT_INGRESS)
		return;
	socket = bpf_sk_storage_get(&udp_sockets, sk, 0, 0);
	if (socket)
		udp_set_owner(row, socket, true);
}

/* Handles every UDP packet. */
static __always_inline int udp_count(struct __sk_buff *skb, bool egress)
{
	struct udp_packet packet;
	struct udp_key key;
	struct udp_row *row;
	struct bpf_sock *sk;
	__u32 bytes, count;
	enum udp_packet_kind kind = udp_packet_read(skb, egress, &packet);

	if (kind != UDP_PACKET_DATAGRAM)
		return 0;
	sk = skb->sk;
	if (!sk)
		return 0;
	sk = bpf_sk_fullsock(sk);
	/* A raw socket gets copies of the packets of other sockets. */
	if (!sk || sk->protocol != IPPROTO_UDP || sk->type != SOCK_DGRAM)
		return 0;
	udp_use_connected(sk, &packet);
	bytes = skb->len - packet.payload;
	count = udp_packet_count(skb, bytes);
	key = (struct udp_key){.socket = bpf_get_socket_cookie(skb),
			       .peer = {packet.remote[0], packet.remote[1]},
			       .end = UDP_END(packet.family, packet.remote_port)};
	row = udp_rows_find(&key);
	if (!row)
		row = udp_add(sk, &packet, &key, egress);
	if (!row) {
		ring_count_lost(bpf_sk_cgroup_id(sk), count);
		udp_rows_add_unaccounted(bpf_sk_cgroup_id(sk), egress, UDP_SUM(count, bytes));
		return 0;
	}
	if (dns_wanted && packet.remote_port == DNS_PORT)
		dns_send_datagram(skb, &packet, row, egress, bytes);
	if (!egress) {
		__sync_fetch_and_add(&row->received, UDP_SUM(count, bytes));
		return 0;
	}
	if (row->sent == 0)
		udp_first_answer(row, sk);
	__sync_fetch_and_add(&row->sent, UDP_SUM(count, bytes));
	return 0;
}

/* These functions are not inlined, so that their instructions and variables do not slow down the
 * programs for most packets. */
static __noinline int udp_count_egress(struct __sk_buff *skb)
{
	return udp_count(skb, true);
}

static __noinline int udp_count_ingress(struct __sk_buff *skb)
{
	return udp_count(skb, false);
}

/*
 * Does all that udp_count would do for most packets: those of other protocols, and those whose flow
 * has a row in the table. Returns false for a packet that needs udp_count.
 *
 * Only sockets that udp_count has checked have rows, so a packet with a row belongs to a UDP
 * socket.
 */
static __always_inline bool udp_count_known(struct __sk_buff *skb, bool egress)
{
	struct udp_packet packet;
	struct udp_key key;
	struct udp_row *row;
	__u32 bytes;
	__u64 sum;
	enum udp_packet_kind kind = udp_packet_read_plain(skb, egress, &packet);

	/* On Linux 5.10, the stacks of udp_count and dns_send_segment together are too large, so
	 * udp_count cannot call it. */
	if (kind == UDP_PACKET_MAYBE_DNS && dns_wants_segments)
		dns_send_segment(skb, egress);
	if (kind == UDP_PACKET_SCTP)
		sctp_count(skb, egress);
	if (kind != UDP_PACKET_DATAGRAM)
		return kind != UDP_PACKET_OPTIONS;
	if (!skb->sk)
		return true;
	udp_use_connected(skb->sk, &packet);
	if (packet.remote_port == DNS_PORT)
		return false;
	key = (struct udp_key){.socket = udp_cookie(skb),
			       .peer = {packet.remote[0], packet.remote[1]},
			       .end = UDP_END(packet.family, packet.remote_port)};
	row = udp_rows_find_in_table(&key);
	/* The first answer may change the owner. */
	if (!row || (egress && row->sent == 0))
		return false;
	bytes = skb->len - packet.payload;
	sum = UDP_SUM(udp_packet_count(skb, bytes), bytes);
	__sync_fetch_and_add(egress ? &row->sent : &row->received, sum);
	return true;
}

SEC("cgroup_skb/egress")
int udp_egress(struct __sk_buff *skb)
{
	if (!udp_count_known(skb, true))
		udp_count_egress(skb);
	return 1;
}

SEC("cgroup_skb/ingress")
int udp_ingress(struct __sk_buff *skb)
{
	if (!udp_count_known(skb, false))
		udp_count_ingress(skb);
	return 1;
}

/* A socket closes. User space then frees all its rows. */
SEC("cgroup/sock_release")
int udp_released(struct bpf_sock *context)
{
	struct udp_socket *socket;
	struct udp_row *row;
	__u64 lifetime_ms;

	if (context->protocol == IPPROTO_SCTP)
		sctp_released(context);
	if (context->protocol != IPPROTO_UDP)
		return 1;
	socket = bpf_sk_storage_get(&udp_sockets, context, 0, 0);
	if (!socket || !socket->rows)
		return 1;
	row = udp_rows_find(&socket->first);
	if (!row)
		return 1;
	lifetime_ms = (bpf_ktime_get_boot_ns() - row->first_ns) / 1000000;
	row->lifetime_ms = lifetime_ms < 0xfffffffeu ? (__u32)lifetime_ms + 1 : 0xffffffffu;
	return 1;
}
