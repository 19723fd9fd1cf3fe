/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/ebpf/ebpf_convert.h"

#include <errno.h>
#include <string.h>

#define NS_PER_US 1000u
#define NS_PER_MS 1000000u

static const uint8_t event_types[] = {
	[RING_EVENT_ATTEMPT] = FLOW_ATTEMPT, [RING_EVENT_ESTABLISHED] = FLOW_ESTABLISHED,
	[RING_EVENT_FAILED] = FLOW_FAILED,   [RING_EVENT_ACCEPTED] = FLOW_ACCEPTED,
	[RING_EVENT_CLOSED] = FLOW_CLOSED,   [RING_EVENT_OPEN] = FLOW_OPEN,
};

_Static_assert((int)FLOW_EVENT_EGRESS == (int)FLOW_EGRESS &&
		       (int)FLOW_EVENT_INGRESS == (int)FLOW_INGRESS,
	       "directions are numbered alike");
_Static_assert(FLOW_COMM_LEN == FLOW_COMM_SIZE, "process names are sized alike");

static void ebpf_convert_counters(const struct flow_event *event, struct flow *flow)
{
	flow->retrans = event->retransmits;
	flow->has |= FLOW_HAS_RETRANS;
	if (event->rtt_us > 0) {
		flow->rtt_us = event->rtt_us;
		flow->has |= FLOW_HAS_RTT;
	}
	if (event->kind != RING_EVENT_CLOSED && event->kind != RING_EVENT_OPEN)
		return;
	flow->tx_bytes = event->tx_bytes;
	flow->rx_bytes = event->rx_bytes;
	flow->has |= FLOW_HAS_TX | FLOW_HAS_RX;
}

static void ebpf_convert_time(const struct flow_event *event, struct flow *flow)
{
	if (event->since_ns == 0)
		return;
	if (event->kind == RING_EVENT_CLOSED || event->kind == RING_EVENT_OPEN) {
		flow->duration_ms = event->since_ns / NS_PER_MS;
		flow->has |= FLOW_HAS_DURATION;
	} else {
		flow->latency_us = event->since_ns / NS_PER_US;
		flow->has |= FLOW_HAS_LATENCY;
	}
}

static void ebpf_convert_identity(const struct flow_event *event, struct flow *flow)
{
	if (event->pid > 0) {
		flow->pid = event->pid;
		flow->uid = event->uid;
		flow->has |= FLOW_HAS_PID | FLOW_HAS_UID;
	}
	if (event->cgroup_id > 0) {
		flow->cgroup_id = event->cgroup_id;
		flow->has |= FLOW_HAS_CGROUP;
	}
	if (event->netns > 0) {
		flow->netns = event->netns;
		flow->has |= FLOW_HAS_NETNS;
	}
	memcpy(flow->comm, event->comm, sizeof(flow->comm));
	flow->comm[sizeof(flow->comm) - 1] = '\0';
}

int ebpf_convert_flow(const struct flow_event *event, uint64_t boot_to_unix_ns,
		      struct record *record)
{
	if (event->kind >= sizeof(event_types) || event_types[event->kind] == 0)
		return -EINVAL;

	memset(record, 0, sizeof(*record));
	record->kind = RECORD_FLOW;
	struct flow *flow = &record->flow;
	flow->event = event_types[event->kind];
	flow->direction = event->direction;
	flow->family = event->family;
	flow->protocol = event->protocol;
	flow->state = event->tcp_state;
	flow->ts_ns = event->time_ns + boot_to_unix_ns;
	flow->id = event->id;
	flow->error = (int16_t)event->error;
	memcpy(flow->src.bytes, event->saddr, sizeof(flow->src.bytes));
	memcpy(flow->dst.bytes, event->daddr, sizeof(flow->dst.bytes));
	flow->sport = event->sport;
	flow->dport = event->dport;
	flow->has = FLOW_HAS_ID | FLOW_HAS_SRC | FLOW_HAS_DST | FLOW_HAS_DPORT;
	if (event->sport > 0)
		flow->has |= FLOW_HAS_SPORT;
	ebpf_convert_time(event, flow);
	ebpf_convert_identity(event, flow);
	if (event->kind != RING_EVENT_ATTEMPT && event->kind != RING_EVENT_ACCEPTED)
		ebpf_convert_counters(event, flow);
	return 0;
}
