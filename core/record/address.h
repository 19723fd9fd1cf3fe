/* SPDX-License-Identifier: Apache-2.0 */
/* Formats, parses and classifies the IP addresses of flows. Pure. */
#ifndef POLECAT_CORE_RECORD_ADDRESS_H
#define POLECAT_CORE_RECORD_ADDRESS_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "core/base/hash.h"
#include "core/record/flow.h"

struct string_list;

/* INET6_ADDRSTRLEN: the longest text with its NUL. */
#define ADDRESS_TEXT_SIZE 46

/* The text of an address whose family is 0. */
#define ADDRESS_UNKNOWN "unknown"

/* Writes the canonical text (dotted IPv4; RFC 5952 lower case IPv6) and a NUL to `text`. Returns
 * the length of the text. `family` is 4, 6, or 0 for an unknown address. */
size_t address_format(uint8_t family, const struct flow_address *address,
		      char text[ADDRESS_TEXT_SIZE]);

/* Formats a block in CIDR notation. */
#define ADDRESS_BLOCK_SIZE (ADDRESS_TEXT_SIZE + 4)
void address_format_block(uint8_t family, const struct flow_address *address, uint8_t prefix,
			  char text[ADDRESS_BLOCK_SIZE]);

/* Parses an address of either family; IPv4-mapped IPv6 becomes IPv4. Returns 0. Returns -EINVAL,
 * with the outputs untouched, for any other text, and for an address with a zone or with text
 * after it. */
int address_parse(const char *text, uint8_t *family, struct flow_address *address);

/* Parses a block in CIDR notation, such as "192.0.2.0/24". The address keeps the bits after the
 * prefix. Returns 0. Returns -EINVAL, with the outputs undefined, for any other text, and for an
 * address alone. */
int address_parse_block(const char *text, uint8_t *family, struct flow_address *address,
			unsigned int *prefix);

/* Returns the number of bits of an address. */
static inline unsigned int address_bits(uint8_t family)
{
	return family == 4 ? 32 : 128;
}

/* Finds the first address of a family in a list of texts. Returns false, with *address untouched,
 * if the list has none. */
bool address_find(const struct string_list *texts, uint8_t family, struct flow_address *address);

/* Returns whether a list of texts has the address. */
bool address_list_has(const struct string_list *texts, uint8_t family,
		      const struct flow_address *address);

/* Adds the canonical text of an address to a list that does not have it yet. Ignores any other
 * text. Returns 0 or -ENOMEM. */
int address_list_add(struct string_list *texts, const char *text);

/* Adds an address to a hash. The second half is 0 for IPv4, and needs no work then. */
static inline uint64_t address_hash(uint64_t hash, const struct flow_address *address)
{
	uint64_t halves[2];

	memcpy(halves, address->bytes, sizeof(halves));
	hash = hash_add(hash, halves[0]);
	return halves[1] != 0 ? hash_add(hash, halves[1]) : hash;
}

static inline bool address_equal(const struct flow_address *a, const struct flow_address *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

/* Orders addresses like memcmp of their bytes, in fewer instructions. */
static inline int address_compare(const struct flow_address *a, const struct flow_address *b)
{
	uint64_t x[2];
	uint64_t y[2];

	memcpy(x, a->bytes, sizeof(x));
	memcpy(y, b->bytes, sizeof(y));
	size_t at = x[0] == y[0];
	return (be64toh(x[at]) > be64toh(y[at])) - (be64toh(x[at]) < be64toh(y[at]));
}

bool address_is_unspecified(uint8_t family, const struct flow_address *address);
bool address_is_loopback(uint8_t family, const struct flow_address *address);
/* Returns true for 224.0.0.0/4, ff00::/8 and 255.255.255.255. */
bool address_is_multicast_or_broadcast(uint8_t family, const struct flow_address *address);
/* Returns false for unspecified, multicast, broadcast and IPv6 link-local addresses, for which
 * NetworkPolicies are not defined. */
bool address_is_judged(uint8_t family, const struct flow_address *address);
/* Returns true for fe80::/10. */
bool address_is_link_local_v6(uint8_t family, const struct flow_address *address);
/* Returns true for 169.254.0.0/16. */
bool address_is_link_local_v4(uint8_t family, const struct flow_address *address);

/* Copies the address of an AF_INET or AF_INET6 socket address. Returns false for NULL and for other
 * families. */
bool address_of_socket(const struct sockaddr *from, uint8_t *family, struct flow_address *address);

/* Returns true for 10.0.0.0/8, 172.16.0.0/12 and 192.168.0.0/16 (RFC 1918), 100.64.0.0/10 (RFC
 * 6598), and fc00::/7 (RFC 4193). */
bool address_is_private(uint8_t family, const struct flow_address *address);

/* Clears all bits after the first `length` bits. */
void address_mask(struct flow_address *address, unsigned int length);

/* Turns an IPv4-mapped IPv6 address into IPv4, in place. Leaves other addresses unchanged. */
void address_unmap(uint8_t *family, struct flow_address *address);

#endif
