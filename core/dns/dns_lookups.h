/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pairs DNS queries with their answers, by socket, server and id. An answer counts only if a query
 * with the same question waits for it, so that a stray or forged packet cannot give an address a
 * name. Reports a query as unanswered after DNS_UNANSWERED_NS. Reports a later answer too, if it
 * comes within DNS_FORGET_NS of the query. Pure; one thread at a time.
 */
#ifndef POLECAT_CORE_DNS_DNS_LOOKUPS_H
#define POLECAT_CORE_DNS_DNS_LOOKUPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/dns/dns_message.h"

#define DNS_UNANSWERED_NS (5 * 1000000000ull)
#define DNS_FORGET_NS     (30 * 1000000000ull)
/* The most queries that wait at the same time. Their names take at most 34 MB, and usually 1 MB. */
#define DNS_LOOKUPS_MAX 32768

struct dns_lookups;

/* The process that asks, and the server. 0 means unknown, except for ports and uid. */
struct dns_client {
	uint64_t socket; /* identifies the socket of the client */
	uint64_t cgroup_id;
	uint64_t first_ns; /* time of the first packet between socket and server */
	struct flow_address server;
	struct flow_address local;
	uint32_t netns;
	uint32_t pid;
	uint32_t uid; /* valid if pid is not 0 */
	uint16_t server_port;
	uint16_t local_port;
	uint8_t family; /* of the addresses: 4 or 6 */
	char comm[FLOW_COMM_SIZE];
};

struct dns_packet {
	struct dns_client client;
	uint64_t time_ns; /* by any clock, the same one for all packets */
	bool is_sent;     /* by the client */
	bool is_cut;      /* the message was longer than `length` */
	const uint8_t *data;
	size_t length;
};

enum dns_outcome {
	DNS_ANSWERED = 1,
	DNS_MALFORMED,  /* an answer cannot be read; a readable one may follow */
	DNS_UNANSWERED, /* an answer may still follow */
};

struct dns_result {
	enum dns_outcome outcome;
	const struct dns_client *client; /* as in the packet of the query */
	const char *name;
	const struct dns_message *answer; /* DNS_ANSWERED only */
	uint64_t asked_ns;
	uint64_t ended_ns; /* time of the answer, or of the query plus DNS_UNANSWERED_NS */
	uint16_t type;
};

/* The arguments are valid during the call. The callback must not use the lookups. */
typedef void dns_callback(void *data, const struct dns_result *result);

/* Packets that completed no pair of query and answer. */
struct dns_counts {
	uint64_t malformed; /* queries and answers that cannot be read */
	uint64_t stray;     /* answers without a query that waits for them */
	uint64_t unkept;    /* queries that were not stored: too many waited, or memory was short */
};

/* Returns NULL if memory is short. `max` is the most queries that wait at the same time; 0:
 * DNS_LOOKUPS_MAX. */
struct dns_lookups *dns_lookups_new(size_t max, dns_callback *callback, void *data);

/* NULL is fine. */
void dns_lookups_free(struct dns_lookups *lookups);

/* Handles one packet of a client. */
void dns_lookups_packet(struct dns_lookups *lookups, const struct dns_packet *packet);

/* Reports the unanswered queries and forgets old ones. Call it several times a second. */
void dns_lookups_expire(struct dns_lookups *lookups, uint64_t now_ns);

const struct dns_counts *dns_lookups_counts(const struct dns_lookups *lookups);

#endif
