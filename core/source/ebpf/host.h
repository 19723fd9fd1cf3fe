/* SPDX-License-Identifier: Apache-2.0 */
/* This machine as a node: its name and the addresses of its interfaces, bridges and tunnels among
 * them. */
#ifndef POLECAT_CORE_SOURCE_EBPF_HOST_H
#define POLECAT_CORE_SOURCE_EBPF_HOST_H

#include "core/record/record.h"

/*
 * The node record of this machine, as this process's network namespace has it: no loopback,
 * link-local IPv6 or duplicates, at most HOST_ADDRESSES_MAX addresses. 0; -ENOMEM; what
 * getifaddrs(3) says. *out is freed with node_record_free.
 */
#define HOST_ADDRESSES_MAX 256
int host_node_record(const char *name, struct node_record **out);

#endif
