/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeps the last name that any DNS answer gave for an address: a hint, which may be wrong if one
 * address serves many names. Beyond DNS_NAMES_MAX the oldest address is dropped.
 */
#ifndef POLECAT_CORE_STATE_IDENTITY_DNS_NAMES_H
#define POLECAT_CORE_STATE_IDENTITY_DNS_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/hash_index.h"
#include "core/record/flow.h"
#include "core/record/record.h"

/* 5 MB at most: names beyond the length of a DNS name are not kept. */
#define DNS_NAMES_MAX 16384

struct dns_name {
	struct flow_address address;
	uint8_t family;
	char *name;
};

/* Zero-initialise. Free with dns_names_clear. */
struct dns_names {
	struct dns_name *items;
	size_t count;
	size_t capacity;
	size_t oldest; /* the next to be replaced */
	struct hash_index index;
};

void dns_names_clear(struct dns_names *names);

/* Stores the name for each valid address of the answer. Returns 0 or -ENOMEM. */
int dns_names_apply(struct dns_names *names, const struct dns_record *dns);

/* Returns the name, hostile bytes, valid until the next change; NULL: unknown. */
const char *dns_names_get(const struct dns_names *names, uint8_t family,
			  const struct flow_address *address);

#endif
