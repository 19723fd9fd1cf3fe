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
	bool is_sent;            /* the client sent the packet; false: the server did */
	bool is_begun_by_server; /* the first packet between socket and server was received */
	bool is_connected;       /* the socket is connected */
	bool is_translated;      /* the query may have had another destination than the server */
	bool is_cut;             /* the message was longer than `length` */
	uint32_t sequence;       /* TCP: sequence number of the segment's first byte */
	uint32_t size;           /* TCP: number of bytes of the segment, of which `data` may have
	                          * fewer */
	const uint8_t *data;     /* a message, or the bytes of a segment */
	size_t length;
};

#endif
