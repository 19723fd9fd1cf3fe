/* SPDX-License-Identifier: Apache-2.0 */
/* Emits the records that describe this machine at the start. The collector's thread calls these
 * functions. */
#ifndef POLECAT_CORE_SOURCE_EBPF_EBPF_HELLO_H
#define POLECAT_CORE_SOURCE_EBPF_EBPF_HELLO_H

#include <stdint.h>

struct collector;

/* Returns the inode number of the node's network namespace, which is that of process 1 in the first
 * pid namespace. Returns 0 if this process is in another pid namespace. */
uint32_t ebpf_read_node_netns(void);

/* Emits the name of the node, the versions, and the hooks in use. */
void ebpf_emit_hello(struct collector *collector);

/* Emits the addresses that this machine has in this network namespace. They identify the machine
 * when it is the peer of a flow. */
void ebpf_emit_node(struct collector *collector);

/* Emits the range of Service addresses if polecat runs in a pod, because only the environment of a
 * pod shows the range. */
void ebpf_emit_service_range(struct collector *collector);

/* Emits that the system clock was set by step_ns (not 0). Waits for room in the queue, because
 * without this record all later times would be wrong. Returns 0, -ENOMEM, or -ECANCELED if the
 * source is being stopped. */
int ebpf_emit_clock(struct collector *collector, int64_t step_ns);

#endif
