/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/sctp_wire.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netpacket/packet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cmocka.h>

#include "tests/support/wait_limit.h"

#define PROTOCOL_IP 0x0800
/* The common header, and the header of a chunk. */
#define COMMON 12
#define CHUNK  4
/* The parts of INIT and INIT ACK (RFC 9260, 3.3.2). */
#define INIT_SIZE    16
#define PARAM        4
#define PARAM_COOKIE 7
#define WINDOW       65536
#define STREAMS      10
/* The body of an AUTH with SHA-1 (RFC 4895, 4.1): the ids of the key and of the hash function, and
 * the hash. */
#define AUTH_SIZE 24
#define AUTH_SHA1 1

static void sctp_wire_put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void sctp_wire_put32(uint8_t *at, uint32_t value)
{
	sctp_wire_put16(at, (uint16_t)(value >> 16));
	sctp_wire_put16(at + 2, (uint16_t)value);
}

static uint16_t sctp_wire_get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t sctp_wire_get32(const uint8_t *at)
{
	return (uint32_t)sctp_wire_get16(at) << 16 | sctp_wire_get16(at + 2);
}

/* Returns the CRC32c of RFC 9260, appendix A. Its bytes are sent lowest first. */
static uint32_t sctp_wire_checksum(const uint8_t *bytes, size_t size)
{
	uint32_t sum = UINT32_MAX;

	for (size_t i = 0; i < size; i++) {
		sum ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			sum = sum >> 1 ^ (sum & 1 ? 0x82f63b78 : 0);
	}
	return ~sum;
}

static void sctp_wire_set_limit(int fd)
{
	const struct timeval limit = {.tv_sec = wait_limit_ms() / 1000};

	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)), 0);
}

int sctp_wire_open(void)
{
	const int one = 1;
	int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_SCTP);

	assert_true(fd >= 0);
	assert_int_equal(setsockopt(fd, IPPROTO_IP, IP_HDRINCL, &one, sizeof(one)), 0);
	sctp_wire_set_limit(fd);
	return fd;
}

int sctp_wire_tap(const char *interface)
{
	const struct sockaddr_ll at = {.sll_family = AF_PACKET,
				       .sll_protocol = htons(PROTOCOL_IP),
				       .sll_ifindex = (int)if_nametoindex(interface)};
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons(PROTOCOL_IP));

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&at, sizeof(at)), 0);
	sctp_wire_set_limit(fd);
	return fd;
}

void sctp_wire_set_init(struct sctp_wire *packet, uint32_t tag, const char *cookie)
{
	uint8_t *body = packet->body;

	memset(body, 0, sizeof(packet->body));
	sctp_wire_put32(body, tag);
	sctp_wire_put32(body + 4, WINDOW);
	sctp_wire_put16(body + 8, STREAMS);
	sctp_wire_put16(body + 10, STREAMS);
	sctp_wire_put32(body + 12, 1);
	packet->size = INIT_SIZE;
	if (!cookie)
		return;
	sctp_wire_put16(body + INIT_SIZE, PARAM_COOKIE);
	sctp_wire_put16(body + INIT_SIZE + 2, (uint16_t)(PARAM + strlen(cookie)));
	memcpy(body + INIT_SIZE + PARAM, cookie, strlen(cookie));
	packet->size += PARAM + strlen(cookie);
}

/* Writes a chunk. Returns its size, padded to words. `body` may be NULL: the body is zeros, because
 * `at` is zeroed. */
static size_t sctp_wire_put_chunk(uint8_t *at, uint8_t type, const uint8_t *body, size_t size)
{
	at[0] = type;
	sctp_wire_put16(at + 2, (uint16_t)(CHUNK + size));
	if (body)
		memcpy(at + CHUNK, body, size);
	return (CHUNK + size + 3) & ~(size_t)3;
}

void sctp_wire_send(int fd, const struct sctp_wire *packet)
{
	static const char loopback[] = "127.0.0.1";
	uint8_t bytes[sizeof(struct iphdr) + COMMON + CHUNK + SCTP_WIRE_CHUNK_MAX + CHUNK +
		      AUTH_SIZE] = {0};
	static const uint8_t auth[AUTH_SIZE] = {0, 0, 0, AUTH_SHA1};
	uint8_t *sctp = bytes + sizeof(struct iphdr);
	size_t size = COMMON;
	struct iphdr ip = {.version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_SCTP};
	struct sockaddr_in to = {.sin_family = AF_INET};

	ip.saddr = inet_addr(packet->from ? packet->from : loopback);
	ip.daddr = inet_addr(packet->to ? packet->to : loopback);
	to.sin_addr.s_addr = ip.daddr;
	memcpy(bytes, &ip, sizeof(ip));
	sctp_wire_put16(sctp, packet->sport);
	sctp_wire_put16(sctp + 2, packet->dport);
	sctp_wire_put32(sctp + 4, packet->tag);
	if (packet->bundle == WIRE_AFTER_AUTH)
		size += sctp_wire_put_chunk(sctp + size, WIRE_AUTH, auth, sizeof(auth));
	sctp[size + 1] = packet->flags;
	size += sctp_wire_put_chunk(sctp + size, packet->type, packet->body, packet->size);
	if (packet->bundle == WIRE_BEFORE_ACK)
		size += sctp_wire_put_chunk(sctp + size, WIRE_COOKIE_ACK, NULL, 0);
	uint32_t sum = sctp_wire_checksum(sctp, size);
	for (int i = 0; i < 4; i++)
		sctp[8 + i] = (uint8_t)(sum >> 8 * i);
	size += sizeof(struct iphdr);
	assert_int_equal(sendto(fd, bytes, size, 0, (const struct sockaddr *)&to, sizeof(to)),
			 size);
}

/* Reads an IP packet. Returns false if it is not the wanted packet. */
static bool sctp_wire_read(const uint8_t *bytes, size_t size, struct sctp_wire *packet)
{
	size_t ip = (size_t)(bytes[0] & 0xf) * 4;
	const uint8_t *sctp = bytes + ip;

	if (size < ip + COMMON + CHUNK || bytes[9] != IPPROTO_SCTP)
		return false;
	packet->sport = sctp_wire_get16(sctp);
	packet->dport = sctp_wire_get16(sctp + 2);
	packet->tag = sctp_wire_get32(sctp + 4);
	packet->type = sctp[COMMON];
	packet->flags = sctp[COMMON + 1];
	packet->size = sctp_wire_get16(sctp + COMMON + 2) - (size_t)CHUNK;
	if (packet->size > sizeof(packet->body) || ip + COMMON + CHUNK + packet->size > size)
		return false;
	memcpy(packet->body, sctp + COMMON + CHUNK, packet->size);
	return true;
}

struct sctp_wire sctp_wire_wait(int fd, uint8_t type, uint16_t sport, uint16_t dport)
{
	uint8_t bytes[2048];
	struct sctp_wire packet = {0};
	bool found = false;

	while (!found) {
		ssize_t size = recv(fd, bytes, sizeof(bytes), 0);
		assert_true(size > 0);
		found = sctp_wire_read(bytes, (size_t)size, &packet) && packet.type == type &&
			(!sport || packet.sport == sport) && (!dport || packet.dport == dport);
	}
	return packet;
}

uint32_t sctp_wire_init_tag(const struct sctp_wire *packet)
{
	return sctp_wire_get32(packet->body);
}

void sctp_wire_copy_cookie(const struct sctp_wire *init_ack, struct sctp_wire *packet)
{
	size_t at = INIT_SIZE;

	packet->size = 0;
	while (at + PARAM <= init_ack->size) {
		size_t length = sctp_wire_get16(init_ack->body + at + 2);
		assert_true(length >= PARAM && at + length <= init_ack->size);
		if (sctp_wire_get16(init_ack->body + at) == PARAM_COOKIE) {
			packet->size = length - PARAM;
			memcpy(packet->body, init_ack->body + at + PARAM, packet->size);
		}
		at += (length + 3) & ~(size_t)3;
	}
	assert_true(packet->size > 0);
}
