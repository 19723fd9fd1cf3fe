/* SPDX-License-Identifier: Apache-2.0 */
/* Converts kernel events into records. Pure; does not use libbpf. */
#ifndef POLECAT_CORE_SOURCE_EBPF_EBPF_CONVERT_H
#define POLECAT_CORE_SOURCE_EBPF_EBPF_CONVERT_H

#include <stdint.h>

#include "bpf/flow_event.h"
#include "core/record/record.h"
#include "core/source/ebpf/udp.h"

/* Makes a RECORD_FLOW from the event of a TCP socket (RING_EVENT_ATTEMPT to RING_EVENT_OPEN) or
 * from the flow in a drop_event. Unix time is CLOCK_BOOTTIME plus boot_to_unix_ns. For other
 * events, returns -EINVAL and leaves the record untouched. Returns 0 otherwise. */
int ebpf_convert_flow(const struct flow_event *event, uint64_t boot_to_unix_ns,
		      struct record *record);

/* The owner of a UDP socket. The members mean the same as in struct udp_row. 0: unknown. */
struct ebpf_owner {
	uint64_t cgroup_id;
	uint32_t netns;
	uint32_t pid;
	uint32_t uid;     /* valid if pid is not 0 */
	const char *comm; /* FLOW_COMM_SIZE bytes */
};

/* Copies the known members of an owner to a flow, with their presence bits. */
void ebpf_convert_owner(const struct ebpf_owner *owner, struct flow *flow);

/* Makes a RECORD_FLOW from a change of a UDP flow: `datagram` with the new datagrams and bytes, or
 * `closed` with the totals. now_ns is CLOCK_BOOTTIME. */
void ebpf_convert_datagrams(const struct udp_change *change, uint64_t now_ns,
			    uint64_t boot_to_unix_ns, struct record *record);

/* Makes a RECORD_FLOW from a step of an SCTP association. Returns 0, or -EINVAL for an unknown
 * step; the record is then untouched. */
int ebpf_convert_association(const struct sctp_event *event, uint64_t boot_to_unix_ns,
			     struct record *record);

/* Adds the reason, the count, the namespace and the device of a drop to a flow that
 * ebpf_convert_flow made. node_netns is the inode number of the node's network namespace; 0:
 * unknown. Returns 0, or -ENOMEM; then the flow has no reason. */
int ebpf_convert_drop(const struct drop_event *event, const char *reason, uint32_t node_netns,
		      struct flow *flow);

#endif
