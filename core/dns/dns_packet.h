/* SPDX-License-Identifier: Apache-2.0 */
/* A packet between a client and port 53 of a server. */
#ifndef POLECAT_CORE_DNS_DNS_PACKET_H
#define POLECAT_CORE_DNS_DNS_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/dns/dns_client.h"

struct dns_packet {
	struct dns_client client;
	uint64_t time_ns;        /* by any clock, the same one for all packets */
	bool is_sent;            /* by the client */
	bool is_begun_by_server; /* the first packet between socket and server was received */
	bool is_connected;       /* the socket is */
	bool is_translated;      /* the query may have had another destination than the server */
	bool is_cut;             /* the message was longer than `length` */
	uint32_t sequence;       /* a segment of TCP: sequence number of its first byte */
	uint32_t size;           /* a segment of TCP: its bytes, of which `data` may have fewer */
	const uint8_t *data;     /* a message, or the bytes of a segment */
	size_t length;
};

#endif
