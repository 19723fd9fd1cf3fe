/* SPDX-License-Identifier: Apache-2.0 */
/* Kernel events as records. Pure: no libbpf here. */
#ifndef POLECAT_CORE_SOURCE_EBPF_EBPF_CONVERT_H
#define POLECAT_CORE_SOURCE_EBPF_EBPF_CONVERT_H

#include <stdint.h>

#include "bpf/flow_event.h"
#include "core/record/record.h"

/*
 * Fills a RECORD_FLOW from a flow event (kinds ATTEMPT to OPEN). boot_to_unix_ns is what to add to
 * the event's CLOCK_BOOTTIME to get Unix time. 0, or -EINVAL for an event that is none (record
 * untouched).
 */
int ebpf_convert_flow(const struct flow_event *event, uint64_t boot_to_unix_ns,
		      struct record *record);

#endif
