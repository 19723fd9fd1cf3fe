/* SPDX-License-Identifier: Apache-2.0 */
/* Converts kernel events into records. Pure; does not use libbpf. */
#ifndef POLECAT_CORE_SOURCE_EBPF_EBPF_CONVERT_H
#define POLECAT_CORE_SOURCE_EBPF_EBPF_CONVERT_H

#include <stdint.h>

#include "bpf/flow_event.h"
#include "core/record/record.h"

/*
 * Fills in a RECORD_FLOW from a flow event (kinds ATTEMPT to OPEN). boot_to_unix_ns added to the
 * event's CLOCK_BOOTTIME is Unix time. 0; -EINVAL for another event, with the record untouched.
 */
int ebpf_convert_flow(const struct flow_event *event, uint64_t boot_to_unix_ns,
		      struct record *record);

#endif
