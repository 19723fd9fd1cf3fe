/* SPDX-License-Identifier: Apache-2.0 */
/* Stores the last DNS name that any answer gave for an address. The name is a hint, which may be
 * wrong if one address serves many names. Beyond DNS_NAMES_MAX the oldest address is dropped. */
#ifndef POLECAT_CORE_STATE_IDENTITY_DNS_NAMES_H
#define POLECAT_CORE_STATE_IDENTITY_DNS_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/hash_index.h"
#include "core/record/flow.h"
#include "core/record/record.h"

/* The names take at most 5 MB, since texts longer than a DNS name are not stored. */
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
	size_t oldest; /* index of the next item to replace */
	struct hash_index index;
};

void dns_names_clear(struct dns_names *names);

/* Stores the name for each valid address of the answer. Returns 0 or -ENOMEM. */
int dns_names_apply(struct dns_names *names, const struct dns_record *dns);

/* Returns the name, valid until the next change, or NULL if it is unknown. The name may contain
 * hostile bytes. */
const char *dns_names_get(const struct dns_names *names, uint8_t family,
			  const struct flow_address *address);

#endif
