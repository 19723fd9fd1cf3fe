/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Translations of addresses that connection tracking showed. For a destination address and port, a
 * translation lists the pods and ports to which nodes send the connections. Translations stand for
 * Services and host ports that no record describes. Policies see the translated address.
 *
 * Bounded: if the table is full, a new translation or backend is not stored. One thread.
 */
#ifndef POLECAT_CORE_STATE_IDENTITY_TRANSLATIONS_H
#define POLECAT_CORE_STATE_IDENTITY_TRANSLATIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/hash_index.h"
#include "core/record/flow.h"

/* Kubernetes supports 10,000 Services (kubernetes.io, "Considerations for large clusters"). */
#define TRANSLATIONS_MAX         16384
#define TRANSLATION_BACKENDS_MAX 32

struct translation_backend {
	struct flow_address address; /* network byte order */
	uint64_t last_ns;            /* steady time of the last flow */
	uint16_t port;
};

struct address_translation {
	struct flow_address address; /* before the translation */
	uint8_t family;              /* of all addresses */
	uint8_t protocol;            /* enum flow_protocol */
	uint16_t port;
	uint16_t count;
	bool has_more; /* further backends were seen, but not stored */
	struct translation_backend backends[TRANSLATION_BACKENDS_MAX];
};

/* Zero-initialise. */
struct translations {
	struct address_translation *items;
	size_t count;
	size_t capacity;
	struct hash_index index;
	struct hash_index by_backend; /* by the addresses of backends */
};

void translations_clear(struct translations *translations);

/* Stores the backend of an egress flow that has a destination, a port and a backend. Returns true
 * if it is new. */
bool translations_add(struct translations *translations, const struct flow *flow);

/* Returns a translation, or NULL. Valid until the next one is added. */
const struct address_translation *translations_find(const struct translations *translations,
						    uint8_t family,
						    const struct flow_address *address,
						    uint8_t protocol, uint16_t port);

/* Return the translations to a backend's address, one after the other. NULL: no more. Valid until
 * the next one is added. */
const struct address_translation *translations_first_to(const struct translations *translations,
							uint8_t family,
							const struct flow_address *address,
							struct hash_cursor *cursor);
const struct address_translation *translations_next_to(const struct translations *translations,
						       struct hash_cursor *cursor);

#endif
