/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/ebpf/ebpf_convert.h"

#include <errno.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/clock.h"
#include "core/base/wall_clock.h"

static const uint8_t event_types[] = {
	[RING_EVENT_ATTEMPT] = FLOW_ATTEMPT, [RING_EVENT_ESTABLISHED] = FLOW_ESTABLISHED,
	[RING_EVENT_FAILED] = FLOW_FAILED,   [RING_EVENT_ACCEPTED] = FLOW_ACCEPTED,
	[RING_EVENT_CLOSED] = FLOW_CLOSED,   [RING_EVENT_OPEN] = FLOW_OPEN,
	[RING_EVENT_DROPPED] = FLOW_DROPPED, [RING_EVENT_OWNER] = FLOW_OPEN,
};

_Static_assert((int)FLOW_EVENT_EGRESS == (int)FLOW_EGRESS &&
		       (int)FLOW_EVENT_INGRESS == (int)FLOW_INGRESS,
	       "directions are numbered alike");
_Static_assert((int)FLOW_EVENT_OWNER_LISTENER == (int)FLOW_OWNER_LISTENER,
	       "owners are numbered alike");
_Static_assert(FLOW_COMM_LEN == FLOW_COMM_SIZE, "process names are sized alike");

/* Returns whether the event contains the duration and the bytes of an established connection. */
static bool ebpf_convert_has_totals(const struct flow_event *event)
{
	return event->kind == RING_EVENT_CLOSED || event->kind == RING_EVENT_OPEN;
}

/* Returns whether the event has a source address. A connect() that failed before it sent a SYN
 * often has none. */
static bool ebpf_convert_has_source(const struct flow_event *event)
{
	static const uint8_t unspecified[sizeof(event->saddr)];

	return event->kind != RING_EVENT_FAILED ||
	       memcmp(event->saddr, unspecified, sizeof(unspecified)) != 0;
}

/* Returns the presence bits of the event's flow. */
static uint32_t ebpf_convert_presence(const struct flow_event *event)
{
	bool totals = ebpf_convert_has_totals(event);
	uint32_t has = FLOW_HAS_ID | FLOW_HAS_DST | FLOW_HAS_DPORT;

	if (ebpf_convert_has_source(event))
		has |= FLOW_HAS_SRC;
#define EBPF_CONVERT_BIT(type, member, bit, ...) \
	if (event->member > 0)                   \
		has |= FLOW_HAS_##bit;
	FLOW_EVENT_OPTIONAL_MEMBERS(EBPF_CONVERT_BIT)
#undef EBPF_CONVERT_BIT
	if (event->pid > 0)
		has |= FLOW_HAS_UID;
	if (event->since_ns > 0)
		has |= totals ? FLOW_HAS_DURATION : FLOW_HAS_LATENCY;
	if (totals)
		has |= FLOW_HAS_TX | FLOW_HAS_RX;
	if (event->kind == RING_EVENT_ATTEMPT || event->kind == RING_EVENT_ACCEPTED ||
	    event->kind == RING_EVENT_DROPPED || event->kind == RING_EVENT_OWNER)
		return has;
	/* Without a source, no segment was sent. */
	if (!(has & FLOW_HAS_SRC))
		return has;
	return has | FLOW_HAS_RETRANS;
}

static const struct {
	uint8_t end;
	uint8_t fin_by;
} ends[] = {
	[FLOW_EVENT_END_FIN] = {FLOW_END_FIN, FLOW_FIN_BY_SELF},
	[FLOW_EVENT_END_FIN_BY_PEER] = {FLOW_END_FIN, FLOW_FIN_BY_PEER},
	[FLOW_EVENT_END_RESET] = {FLOW_END_RESET, 0},
	[FLOW_EVENT_END_RESET_BY_PEER] = {FLOW_END_RESET_BY_PEER, 0},
	[FLOW_EVENT_END_TIMEOUT] = {FLOW_END_TIMEOUT, 0},
	[FLOW_EVENT_END_KILLED] = {FLOW_END_KILLED, 0},
};

int ebpf_convert_flow(const struct flow_event *event, uint64_t boot_to_unix_ns,
		      struct record *record)
{
	bool totals = ebpf_convert_has_totals(event);

	if (event->kind >= sizeof(event_types) || event_types[event->kind] == 0)
		return -EINVAL;
	*record = (struct record){.kind = RECORD_FLOW};
	record->flow = (struct flow){
		.ts_ns = wall_clock_convert(boot_to_unix_ns, event->time_ns),
		.id = event->id,
		.latency_us = totals ? 0 : event->since_ns / NS_PER_MICROSECOND,
		.tx_bytes = totals ? event->tx_bytes : 0,
		.rx_bytes = totals ? event->rx_bytes : 0,
		.duration_ms = totals ? event->since_ns / NS_PER_MILLISECOND : 0,
		.uid = event->pid > 0 ? event->uid : 0,
		.retrans = event->retransmits,
		.dport = event->dport,
		.subflows = event->subflows,
		.has = ebpf_convert_presence(event),
		.error = (int16_t)event->error,
		.event = event_types[event->kind],
		.direction = event->direction,
		.protocol = FLOW_TCP,
		.family = event->family,
		.state = event->tcp_state,
		.owner = event->owner,
	};
#define EBPF_CONVERT_COPY(type, member, bit, flow_member) record->flow.flow_member = event->member;
	FLOW_EVENT_OPTIONAL_MEMBERS(EBPF_CONVERT_COPY)
#undef EBPF_CONVERT_COPY
	if (event->end < ARRAY_LENGTH(ends)) {
		record->flow.end = ends[event->end].end;
		record->flow.fin_by = ends[event->end].fin_by;
	}
	memcpy(record->flow.src.bytes, event->saddr, sizeof(event->saddr));
	memcpy(record->flow.dst.bytes, event->daddr, sizeof(event->daddr));
	memcpy(record->flow.comm, event->comm, sizeof(event->comm) - 1);
	return 0;
}

/* Fills in the addresses and ports. The local address is that of the flow's first datagram. The row
 * that counts all peers beyond the socket's limit (UDP_SOCKET_ROWS_MAX) has no addresses. */
static void ebpf_convert_ends(const struct udp_row *row, struct flow *flow)
{
	static const uint64_t unspecified[2];
	bool egress = row->direction == FLOW_EVENT_EGRESS;
	uint16_t port = UDP_END_PORT(row->end);

	flow->sport = egress ? row->local_port : port;
	flow->dport = egress ? port : row->local_port;
	if (flow->sport > 0)
		flow->has |= FLOW_HAS_SPORT;
	if (flow->dport > 0)
		flow->has |= FLOW_HAS_DPORT;
	flow->family = UDP_END_FAMILY(row->end);
	if (flow->family == 0)
		return;
	if (memcmp(row->local, unspecified, sizeof(unspecified)) != 0) {
		memcpy(egress ? &flow->src : &flow->dst, row->local, sizeof(row->local));
		flow->has |= egress ? FLOW_HAS_SRC : FLOW_HAS_DST;
	}
	memcpy(egress ? &flow->dst : &flow->src, row->peer, sizeof(row->peer));
	flow->has |= egress ? FLOW_HAS_DST : FLOW_HAS_SRC;
}

void ebpf_convert_owner(const struct ebpf_owner *owner, struct flow *flow)
{
	flow->cgroup_id = owner->cgroup_id;
	flow->netns = owner->netns;
	flow->pid = owner->pid;
	flow->uid = owner->pid > 0 ? owner->uid : 0;
	memcpy(flow->comm, owner->comm, FLOW_COMM_SIZE - 1);
	if (owner->pid > 0)
		flow->has |= FLOW_HAS_PID | FLOW_HAS_UID;
	if (owner->cgroup_id > 0)
		flow->has |= FLOW_HAS_CGROUP;
	if (owner->netns > 0)
		flow->has |= FLOW_HAS_NETNS;
}

void ebpf_convert_datagrams(const struct udp_change *change, uint64_t now_ns,
			    uint64_t boot_to_unix_ns, struct record *record)
{
	const struct udp_row *row = change->row;
	bool closed = change->closed_ns > 0;
	uint64_t time_ns = closed ? change->closed_ns : change->is_first ? row->first_ns : now_ns;

	*record = (struct record){.kind = RECORD_FLOW};
	record->flow = (struct flow){
		.ts_ns = wall_clock_convert(boot_to_unix_ns, time_ns),
		.id = change->id,
		.tx_bytes = change->tx_bytes,
		.rx_bytes = change->rx_bytes,
		.count = change->count,
		.has = FLOW_HAS_ID | FLOW_HAS_TX | FLOW_HAS_RX | FLOW_HAS_COUNT,
		.event = closed ? FLOW_CLOSED : FLOW_DATAGRAM,
		.direction = row->direction,
		.protocol = FLOW_UDP,
		.unaccounted = change->is_unaccounted,
	};
	const struct ebpf_owner owner = {row->cgroup_id, row->netns, row->pid, row->uid, row->comm};
	ebpf_convert_owner(&owner, &record->flow);
	if (closed && change->closed_ns >= row->first_ns) {
		record->flow.duration_ms = (change->closed_ns - row->first_ns) / NS_PER_MILLISECOND;
		record->flow.has |= FLOW_HAS_DURATION;
	}
	ebpf_convert_ends(row, &record->flow);
}

/* Fills in the counters and the times that a step has. */
static void ebpf_convert_association_counters(const struct sctp_event *event, struct flow *flow)
{
	const struct sctp_row *row = &event->row;

	switch (event->step) {
	case RING_EVENT_CLOSED:
	case RING_EVENT_OPEN:
		if (row->state == SCTP_ATTEMPT)
			break;
		flow->tx_bytes = row->tx_bytes;
		flow->rx_bytes = row->rx_bytes;
		flow->count = row->packets;
		flow->has |= FLOW_HAS_TX | FLOW_HAS_RX | FLOW_HAS_COUNT;
		if (row->established_ns && event->time_ns >= row->established_ns) {
			flow->duration_ms =
				(event->time_ns - row->established_ns) / NS_PER_MILLISECOND;
			flow->has |= FLOW_HAS_DURATION;
		}
		break;
	case RING_EVENT_ESTABLISHED:
	case RING_EVENT_FAILED:
		if (row->start_ns && event->time_ns >= row->start_ns) {
			flow->latency_us = (event->time_ns - row->start_ns) / NS_PER_MICROSECOND;
			flow->has |= FLOW_HAS_LATENCY;
		}
		break;
	default:
		break;
	}
}

/* Returns the state of an association's socket after a step. The kernel uses the numbers of the TCP
 * states for it (enum sctp_sock_state in include/net/sctp/constants.h). */
static uint8_t ebpf_association_state(const struct sctp_event *event)
{
	switch (event->step) {
	case RING_EVENT_ATTEMPT:
		return FLOW_STATE_SYN_SENT;
	case RING_EVENT_OPEN:
		return event->row.state == SCTP_ATTEMPT ? FLOW_STATE_SYN_SENT
							: FLOW_STATE_ESTABLISHED;
	case RING_EVENT_FAILED:
	case RING_EVENT_CLOSED:
		return FLOW_STATE_CLOSE;
	default:
		return FLOW_STATE_ESTABLISHED;
	}
}

int ebpf_convert_association(const struct sctp_event *event, uint64_t boot_to_unix_ns,
			     struct record *record)
{
	const struct sctp_row *row = &event->row;
	bool egress = row->direction == FLOW_EVENT_EGRESS;

	if (event->step < RING_EVENT_ATTEMPT || event->step > RING_EVENT_OPEN)
		return -EINVAL;
	*record = (struct record){.kind = RECORD_FLOW};
	struct flow *flow = &record->flow;
	*flow = (struct flow){
		.ts_ns = wall_clock_convert(boot_to_unix_ns, event->time_ns),
		.id = row->id,
		.sport = egress ? row->local_port : row->peer_port,
		.dport = egress ? row->peer_port : row->local_port,
		.has = FLOW_HAS_ID | FLOW_HAS_SRC | FLOW_HAS_DST | FLOW_HAS_SPORT | FLOW_HAS_DPORT,
		.error = event->step == RING_EVENT_FAILED ? (int16_t)event->error : 0,
		.event = event_types[event->step],
		.direction = row->direction,
		.protocol = FLOW_SCTP,
		.family = row->family,
		.state = ebpf_association_state(event),
		.owner = row->owner,
	};
	memcpy(&flow->src, egress ? row->local : row->peer, sizeof(flow->src));
	memcpy(&flow->dst, egress ? row->peer : row->local, sizeof(flow->dst));
	const struct ebpf_owner owner = {row->cgroup_id, row->netns, row->pid, row->uid, row->comm};
	ebpf_convert_owner(&owner, flow);
	ebpf_convert_association_counters(event, flow);
	if (event->step == RING_EVENT_CLOSED && event->end < ARRAY_LENGTH(ends)) {
		flow->end = ends[event->end].end;
		flow->fin_by = ends[event->end].fin_by;
	}
	return 0;
}

int ebpf_convert_drop(const struct drop_event *event, const char *reason, uint32_t node_netns,
		      struct flow *flow)
{
	char device[sizeof(event->device)];
	struct flow_names names = {.drop = reason};

	flow->drops = event->count < UINT32_MAX ? (uint32_t)event->count : UINT32_MAX;
	flow->has |= FLOW_HAS_DROPS;
	if (event->netns > 0) {
		flow->drop_netns = event->netns;
		flow->drop_ifindex = event->ifindex;
		flow->has |= FLOW_HAS_DROP_NETNS | FLOW_HAS_DROP_IFINDEX;
		flow->drop_place = event->netns == flow->netns  ? FLOW_DROP_OWN
				   : event->netns == node_netns ? FLOW_DROP_NODE
								: FLOW_DROP_OTHER;
	}
	memcpy(device, event->device, sizeof(device));
	device[sizeof(device) - 1] = '\0';
	if (device[0] != '\0')
		names.drop_device = device;
	return flow_names_copy(&names, &flow->names);
}
