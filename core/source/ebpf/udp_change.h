/* SPDX-License-Identifier: Apache-2.0 */
/* The changes of UDP flows that a reading of the kernel's counters finds. */
#ifndef POLECAT_CORE_SOURCE_EBPF_UDP_CHANGE_H
#define POLECAT_CORE_SOURCE_EBPF_UDP_CHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/record/flow.h"

struct udp_row;

/* The address that a socket sent to, if address translation replaced it with the row's peer. */
struct udp_service {
	struct flow_address address;
	uint16_t port; /* 0: none */
};

/* The change of one flow since the previous reading. The last change of a flow has closed_ns, and
 * the totals instead of the differences. */
struct udp_change {
	const struct udp_row *row; /* valid during the call */
	uint64_t id;               /* identifies the flow */
	uint64_t count;            /* datagrams in both directions */
	uint64_t tx_bytes;         /* payload */
	uint64_t rx_bytes;
	uint64_t closed_ns; /* CLOCK_BOOTTIME; 0: open */
	bool is_first;      /* no change of this flow came before */
	/* The row has only the cgroup and a direction. The change counts the cgroup's datagrams for
	 * which there was no room. They are also counted as lost. */
	bool is_unaccounted;
	/* At the first change of an egress flow of a socket that is not connected, the callback
	 * may set *service. The flow then includes the datagrams that come from this Service. */
	struct udp_service *service;
};

typedef void udp_callback(void *data, const struct udp_change *change);

#endif
