/* SPDX-License-Identifier: Apache-2.0 */
/* Writes DNS messages, including malformed ones. */
#ifndef POLECAT_TESTS_SUPPORT_DNS_WIRE_H
#define POLECAT_TESTS_SUPPORT_DNS_WIRE_H

#include <stddef.h>
#include <stdint.h>

struct dns_wire {
	uint8_t bytes[65535];
	size_t length;
};

/* The flags of a header. A query has RD. An answer has QR, RD, RA and the response code.
 * DNS_WIRE_TRUNCATED is TC, which a test combines with the other flags. */
#define DNS_WIRE_QUERY         0x0100u
#define DNS_WIRE_ANSWER(rcode) (0x8180u | (rcode))
#define DNS_WIRE_TRUNCATED     0x0200u

/* Writes the header, with these numbers of questions and answers. */
void dns_wire_begin(struct dns_wire *wire, uint16_t id, unsigned int flags, unsigned int questions,
		    unsigned int answers);

void dns_wire_bytes(struct dns_wire *wire, const void *data, size_t size);
void dns_wire_u16(struct dns_wire *wire, unsigned int value);

/* Writes a name without compression; its labels are separated by dots. "" is the root. */
void dns_wire_name(struct dns_wire *wire, const char *name);

void dns_wire_question(struct dns_wire *wire, const char *name, unsigned int type);

/* Writes an address record: A or AAAA, depending on the form of the address. */
void dns_wire_address(struct dns_wire *wire, const char *name, uint32_t ttl_s, const char *address);

void dns_wire_alias(struct dns_wire *wire, const char *name, uint32_t ttl_s, const char *target);

/* Adds the OPT record of EDNS and counts it in the header. */
void dns_wire_edns(struct dns_wire *wire, unsigned int size);

#endif
