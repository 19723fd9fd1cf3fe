/* SPDX-License-Identifier: Apache-2.0 */
/* Sends SCTP packets that a test makes itself, and receives SCTP packets, over IPv4. For cmocka
 * tests: a failure fails the test. Integers are in host byte order. */
#ifndef POLECAT_TESTS_SUPPORT_SCTP_WIRE_H
#define POLECAT_TESTS_SUPPORT_SCTP_WIRE_H

#include <stddef.h>
#include <stdint.h>

#define SCTP_WIRE_CHUNK_MAX 512

/* Types of chunks (RFC 9260, 3.2). */
enum sctp_wire_type {
	WIRE_DATA = 0,
	WIRE_INIT = 1,
	WIRE_INIT_ACK = 2,
	WIRE_SACK = 3,
	WIRE_ABORT = 6,
	WIRE_COOKIE_ECHO = 10,
	WIRE_COOKIE_ACK = 11,
	WIRE_SHUTDOWN_COMPLETE = 14,
	WIRE_AUTH = 15, /* RFC 4895, 4 */
};

/* A further chunk of a packet. */
enum sctp_wire_bundle {
	WIRE_ALONE,      /* no further chunk */
	WIRE_AFTER_AUTH, /* an AUTH precedes the chunk */
	WIRE_BEFORE_ACK, /* a COOKIE ACK follows the chunk */
};

/* A packet with one chunk, or with another one that `bundle` names. */
struct sctp_wire {
	const char *from; /* address; NULL: 127.0.0.1 */
	const char *to;
	uint16_t sport;
	uint16_t dport;
	uint32_t tag;
	uint8_t type; /* enum sctp_wire_type */
	uint8_t flags;
	uint8_t bundle; /* enum sctp_wire_bundle; only of a packet that is sent */
	size_t size;    /* bytes of the chunk after its header */
	uint8_t body[SCTP_WIRE_CHUNK_MAX];
};

/* Returns a raw socket that sends packets, and receives those that arrive in the namespace. */
int sctp_wire_open(void);

/* Returns a packet socket that receives the packets that arrive at the interface. */
int sctp_wire_tap(const char *interface);

/* Makes the body of an INIT or INIT ACK. `cookie`: the State Cookie of an INIT ACK; NULL: none. */
void sctp_wire_set_init(struct sctp_wire *packet, uint32_t tag, const char *cookie);

void sctp_wire_send(int fd, const struct sctp_wire *packet);

/* Waits for a packet with these ports whose first chunk has this type. Port 0 stands for any
 * port. */
struct sctp_wire sctp_wire_wait(int fd, uint8_t type, uint16_t sport, uint16_t dport);

/* Returns the initiate tag of an INIT or INIT ACK. */
uint32_t sctp_wire_init_tag(const struct sctp_wire *packet);

/* Copies the State Cookie of an INIT ACK to the body of another packet. */
void sctp_wire_copy_cookie(const struct sctp_wire *init_ack, struct sctp_wire *packet);

#endif
