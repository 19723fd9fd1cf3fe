/* SPDX-License-Identifier: Apache-2.0 */
/* This machine as a node: its name and the addresses of its interfaces, including bridges and
 * tunnels. */
#ifndef POLECAT_CORE_SOURCE_EBPF_HOST_H
#define POLECAT_CORE_SOURCE_EBPF_HOST_H

#include "core/record/record.h"

#define HOST_ADDRESSES_MAX 256

/*
 * Makes the node record of this machine from the interfaces in this network namespace: at most
 * HOST_ADDRESSES_MAX addresses, without loopback, link-local IPv6 and duplicates. 0; -ENOMEM; errors
 * of getifaddrs(3). Free *out with node_record_free.
 */
int host_node_record(const char *name, struct node_record **out);

#endif
