/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/dns_wire.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

void dns_wire_bytes(struct dns_wire *wire, const void *data, size_t size)
{
	if (size > sizeof(wire->bytes) - wire->length)
		abort();
	memcpy(wire->bytes + wire->length, data, size);
	wire->length += size;
}

void dns_wire_u16(struct dns_wire *wire, unsigned int value)
{
	const uint8_t bytes[] = {(uint8_t)(value >> 8), (uint8_t)value};

	dns_wire_bytes(wire, bytes, sizeof(bytes));
}

static void dns_wire_u32(struct dns_wire *wire, uint32_t value)
{
	dns_wire_u16(wire, value >> 16);
	dns_wire_u16(wire, value & 0xffff);
}

void dns_wire_begin(struct dns_wire *wire, uint16_t id, unsigned int flags, unsigned int questions,
		    unsigned int answers)
{
	wire->length = 0;
	dns_wire_u16(wire, id);
	dns_wire_u16(wire, flags);
	dns_wire_u16(wire, questions);
	dns_wire_u16(wire, answers);
	dns_wire_u32(wire, 0);
}

void dns_wire_name(struct dns_wire *wire, const char *name)
{
	while (*name) {
		size_t length = strcspn(name, ".");
		uint8_t byte = (uint8_t)length;
		dns_wire_bytes(wire, &byte, 1);
		dns_wire_bytes(wire, name, length);
		name += length + (name[length] == '.');
	}
	dns_wire_bytes(wire, "", 1);
}

void dns_wire_question(struct dns_wire *wire, const char *name, unsigned int type)
{
	dns_wire_name(wire, name);
	dns_wire_u16(wire, type);
	dns_wire_u16(wire, 1);
}

static void dns_wire_record(struct dns_wire *wire, const char *name, unsigned int type,
			    uint32_t ttl_s)
{
	dns_wire_question(wire, name, type);
	dns_wire_u32(wire, ttl_s);
}

void dns_wire_address(struct dns_wire *wire, const char *name, uint32_t ttl_s, const char *address)
{
	int family = strchr(address, ':') ? AF_INET6 : AF_INET;
	unsigned int size = family == AF_INET6 ? 16 : 4;
	uint8_t bytes[16];

	if (inet_pton(family, address, bytes) != 1)
		abort();
	dns_wire_record(wire, name, family == AF_INET6 ? 28 : 1, ttl_s);
	dns_wire_u16(wire, size);
	dns_wire_bytes(wire, bytes, size);
}

void dns_wire_alias(struct dns_wire *wire, const char *name, uint32_t ttl_s, const char *target)
{
	dns_wire_record(wire, name, 5, ttl_s);
	dns_wire_u16(wire, (unsigned int)strlen(target) + 2);
	dns_wire_name(wire, target);
}

void dns_wire_edns(struct dns_wire *wire, unsigned int size)
{
	dns_wire_name(wire, "");
	dns_wire_u16(wire, 41);
	dns_wire_u16(wire, size);
	dns_wire_u32(wire, 0);
	dns_wire_u16(wire, 0);
	wire->bytes[11]++;
}
