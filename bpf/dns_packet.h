/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sends DNS messages to user space, which parses them and pairs queries with answers. Messages over
 * TCP are sent by bpf/dns_segment.h. */
#ifndef POLECAT_BPF_DNS_PACKET_H
#define POLECAT_BPF_DNS_PACKET_H

#include "bpf/udp_packet.h"

#include "bpf/ring.h"

/* The size of a DNS header. Shorter datagrams are not sent. */
#define DNS_LENGTH_MIN 12
/* Bytes that are reserved in the ring for a message. There are three sizes, because the verifier
 * accepts only constant sizes: these two, and DNS_EVENT_ROOM. A message gets the smallest size into
 * which it fits, which is DNS_ROOM_SMALL for most messages. DNS_EVENT_ROOM also holds the beginning
 * of longer messages. */
#define DNS_ROOM_SMALL  512
#define DNS_ROOM_MEDIUM 4096

/* A CPU sends at most DNS_INTERVAL_MAX messages per DNS_INTERVAL_NS. Of the second half of them, a
 * cgroup may send one only if it has sent fewer than are left, as for the ring (bpf/ring.h).
 * Further ones count as lost. */
#define DNS_INTERVAL_NS  100000000ull
#define DNS_INTERVAL_MAX 4096
/* A message wakes the reader only while the ring's used bytes are in a certain range: from an
 * eighth of the ring's size to DNS_WAKE_BYTES more. If the range were smaller, other events might
 * fill all of it before the next message arrives, and then no message would wake the reader. */
#define DNS_WAKE_BYTES 4096

/* True if the programs send DNS messages. User space sets it before it loads the programs. */
const volatile bool dns_wanted;

struct dns_rate {
	__u64 since_ns;
	__u64 count;
};

/* Each program updates the element of its CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct dns_rate);
} dns_rates SEC(".maps");

/* Returns whether a cgroup may send a message although its CPU has sent `count` messages in this
 * interval, which is half of the maximum or more. */
static __always_inline bool dns_rate_shares(__u64 cgroup_id, __u64 count, __u64 now_ns)
{
	struct ring_share *share = ring_share_get(cgroup_id);

	if (!share)
		return count < DNS_INTERVAL_MAX;
	if (now_ns - share->dns_since_ns >= DNS_INTERVAL_NS) {
		share->dns_since_ns = now_ns;
		share->dns_count = 0;
	}
	if (count + share->dns_count >= DNS_INTERVAL_MAX)
		return false;
	share->dns_count++;
	return true;
}

static __always_inline bool dns_rate_allows(__u64 cgroup_id, __u64 now_ns)
{
	__u32 zero = 0;
	struct dns_rate *rate = bpf_map_lookup_elem(&dns_rates, &zero);

	if (!rate)
		return false;
	if (now_ns - rate->since_ns >= DNS_INTERVAL_NS) {
		rate->since_ns = now_ns;
		rate->count = 0;
	}
	if (rate->count >= DNS_INTERVAL_MAX / 2 && !dns_rate_shares(cgroup_id, rate->count, now_ns))
		return false;
	rate->count++;
	return true;
}

/* Reads `length` bytes of a packet, at most `room`. The verifier needs the bounds next to the call,
 * and, before Linux 6.2, each as a comparison with a constant. The barriers keep the compiler from
 * moving or merging the comparisons. */
static __always_inline bool dns_load(struct __sk_buff *skb, __u32 offset, void *to, __u32 length,
				     __u32 room)
{
	__u32 least = 1;

	/* The compiler would compare with 0 for equality, which gives the verifier no bound. */
	barrier_var(least);
	barrier_var(length);
	if (length < least)
		return false;
	barrier_var(length);
	return length <= room && !bpf_skb_load_bytes(skb, offset, to, length);
}

/* Sends a payload, cut after `room` bytes. `room` must be a compile-time constant. */
static __always_inline void dns_send_room(struct __sk_buff *skb, const struct dns_event *head,
					  __u32 offset, __u64 wake, __u32 room)
{
	__u32 length = head->size < room ? head->size : room;
	struct dns_event *event;

	event = ring_reserve(head->cgroup_id, sizeof(*event) + room);
	if (!event)
		return;
	*event = *head;
	event->kind = RING_EVENT_DNS;
	event->length = (__u16)length;
	if (!dns_load(skb, offset, event + 1, length, room)) {
		bpf_ringbuf_discard(event, BPF_RB_NO_WAKEUP);
		ring_count_lost(head->cgroup_id, 1);
		return;
	}
	bpf_ringbuf_submit(event, wake);
}

/*
 * Sends the payload at `offset` of a packet between a socket and port 53 of its peer, after `head`,
 * which lacks the members kind, time_ns and length. Most messages do not wake the reader, because
 * it reads the ring several times a second anyway.
 */
static __noinline int dns_send(struct __sk_buff *skb, struct dns_event *head, __u32 offset)
{
	__u64 used = bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA);
	__u64 part = ring_bytes / 8;
	__u64 wake = used >= part && used < part + DNS_WAKE_BYTES ? BPF_RB_FORCE_WAKEUP
								  : BPF_RB_NO_WAKEUP;

	head->time_ns = bpf_ktime_get_boot_ns();
	if (!dns_rate_allows(head->cgroup_id, head->time_ns)) {
		ring_count_lost(head->cgroup_id, 1);
		return 0;
	}
	if (head->size <= DNS_ROOM_SMALL)
		dns_send_room(skb, head, offset, wake, DNS_ROOM_SMALL);
	else if (head->size <= DNS_ROOM_MEDIUM)
		dns_send_room(skb, head, offset, wake, DNS_ROOM_MEDIUM);
	else
		dns_send_room(skb, head, offset, wake, DNS_EVENT_ROOM);
	return 0;
}

/* Sends the message in a UDP packet. */
static __always_inline void dns_send_datagram(struct __sk_buff *skb,
					      const struct udp_packet *packet,
					      const struct udp_row *row, bool egress, __u32 size)
{
	struct dns_event head = {
		.family = packet->family,
		.is_sent = egress,
		.direction = row->direction,
		.is_connected = row->is_connected,
		.server_port = packet->remote_port,
		.local_port = row->local_port,
		.socket = row->socket,
		.cgroup_id = row->cgroup_id,
		.first_ns = row->first_ns,
		.server = {packet->remote[0], packet->remote[1]},
		.local = {packet->local[0], packet->local[1]},
		.netns = row->netns,
		.pid = row->pid,
		.uid = row->uid,
		.size = size,
	};

	if (size < DNS_LENGTH_MIN)
		return;
	__builtin_memcpy(head.comm, row->comm, sizeof(head.comm));
	dns_send(skb, &head, packet->payload);
}

#endif
