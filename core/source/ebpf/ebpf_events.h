/* SPDX-License-Identifier: Apache-2.0 */
/* Makes records of the kernel programs' events and counters, and emits them. The collector's thread
 * calls these functions. */
#ifndef POLECAT_CORE_SOURCE_EBPF_EBPF_EVENTS_H
#define POLECAT_CORE_SOURCE_EBPF_EBPF_EVENTS_H

#include <stddef.h>
#include <stdint.h>

#include "core/source/ebpf/sctp.h"

struct collector;
struct container_record;

/* Handles one record of the ring or of an iterator. An ebpf_event_callback; `data` is the struct
 * collector. Returns 0, or -ECANCELED to end the reading. */
int ebpf_on_event(void *data, void *event, size_t size);

/* Emits the loss of events of one cgroup. A ring_loss_callback; `data` is the struct collector. */
void ebpf_on_cgroup_loss(void *data, uint64_t cgroup_id, uint64_t count);

/* Emits a container that a scan found. A callback of cgroup_table_scan; `data` is the struct
 * collector. */
void ebpf_on_container_due(struct container_record *due, void *data);

/* Emits the datagrams since the previous call. */
void ebpf_read_datagrams(struct collector *collector);

/* Emits the counters of the chosen SCTP associations, and attempts that ended without a packet. */
void ebpf_read_associations(struct collector *collector, enum sctp_choice choice);

/* Begins to read DNS if the kernel programs send it. */
void ebpf_start_dns(struct collector *collector);

/* Emits the DNS queries that nobody answered in time. */
void ebpf_expire_lookups(struct collector *collector);

#endif
