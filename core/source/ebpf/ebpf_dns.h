/* SPDX-License-Identifier: Apache-2.0 */
/* Converts the kernel's DNS events into packets, and look-ups into records. Pure. */
#ifndef POLECAT_CORE_SOURCE_EBPF_EBPF_DNS_H
#define POLECAT_CORE_SOURCE_EBPF_EBPF_DNS_H

#include <stddef.h>
#include <stdint.h>

#include "core/dns/dns_failures.h"
#include "core/dns/dns_lookups.h"
#include "core/record/record.h"

/* Reads an event of `size` bytes. The packet points into the event. Returns 0, or -EINVAL if the
 * event is shorter than it claims. */
int ebpf_dns_read(const void *event, size_t size, struct dns_packet *packet);

/* Makes the dns record of a look-up. boot_to_unix_ns is the Unix time at which CLOCK_BOOTTIME was
 * 0. Returns 0, or -ENOMEM with *record untouched. */
int ebpf_dns_convert(const struct dns_result *result, const char *node, uint64_t boot_to_unix_ns,
		     struct record *record);

/* Make the FLOW_UNANSWERED of a query without an answer, and the FLOW_LOOKUP_FAILED of a look-up.
 * id is the flow's (udp_flow_id). Return 0, or -ENOMEM with *record untouched. */
int ebpf_dns_convert_unanswered(const struct dns_result *result, uint64_t id,
				uint64_t boot_to_unix_ns, struct record *record);
int ebpf_dns_convert_failure(const struct dns_failure *failure, uint64_t id,
			     uint64_t boot_to_unix_ns, struct record *record);

#endif
