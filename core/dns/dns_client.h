/* SPDX-License-Identifier: Apache-2.0 */
/* The process that sends a DNS query, and the server that it asks. */
#ifndef POLECAT_CORE_DNS_DNS_CLIENT_H
#define POLECAT_CORE_DNS_DNS_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/record/flow.h"

/* 0 means unknown, except for ports and uid. */
struct dns_client {
	uint64_t socket; /* identifies the socket of the client */
	uint64_t cgroup_id;
	uint64_t first_ns;   /* UDP: time of the first packet between socket and server */
	uint64_t connection; /* the id of the flow; 0: it follows from the other members */
	struct flow_address server;
	struct flow_address local;
	uint32_t netns;
	uint32_t pid;
	uint32_t uid; /* valid if pid is not 0 */
	uint16_t server_port;
	uint16_t local_port;
	uint8_t family; /* of the addresses: 4 or 6 */
	bool is_tcp;
	char comm[FLOW_COMM_SIZE];
};

#endif
