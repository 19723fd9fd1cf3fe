/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sums up stray answers: DNS answers that no query waits for. They may be forged. One sum for each
 * socket keeps a flood of them from becoming a flood of records. Pure; one thread at a time.
 */
#ifndef POLECAT_CORE_DNS_DNS_STRAYS_H
#define POLECAT_CORE_DNS_DNS_STRAYS_H

#include <stddef.h>
#include <stdint.h>

#include "core/dns/dns_client.h"
#include "core/dns/dns_message.h"

/* The sockets that have a sum of their own. The answers to further sockets share the last sum. */
#define DNS_STRAYS_MAX 16

struct dns_stray {
	struct dns_client client; /* client of the last answer; zero in the shared last sum */
	uint64_t count;
	uint64_t time_ns; /* time of the last answer */
	uint16_t type;    /* of the last answer's question */
	char name[DNS_NAME_SIZE];
};

/* Zero-initialise. */
struct dns_strays {
	struct dns_stray items[DNS_STRAYS_MAX + 1];
	size_t count;
};

/* Adds a stray answer that came to a client. */
void dns_strays_add(struct dns_strays *strays, const struct dns_client *client,
		    const struct dns_message *answer, uint64_t time_ns);

#endif
