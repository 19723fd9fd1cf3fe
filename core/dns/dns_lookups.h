/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pairs DNS queries with their answers, by socket, server and id. An answer counts only if a query
 * with the same question waits for it, so that a stray or forged packet cannot give an address a
 * name. Reports a query as unanswered after DNS_UNANSWERED_NS. Reports a later answer too, if it
 * comes within DNS_FORGET_NS of the query. Pure; one thread at a time.
 *
 * If the answer to a query over UDP is truncated and the same process then asks over TCP, the two
 * queries are one look-up (is_fallback).
 *
 * Counts and reports stray answers, which no query waits for: nobody asked, the answer has another
 * server, id or question than the query, or the query was answered before. They are a sign of
 * forged answers. An answer is not counted if polecat may have missed its query: the query was sent
 * before the start, its packet was lost, or the query may have had another destination
 * (dns_packet.is_translated). After a repeated query, one more answer for each repetition is not
 * counted either.
 */
#ifndef POLECAT_CORE_DNS_DNS_LOOKUPS_H
#define POLECAT_CORE_DNS_DNS_LOOKUPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/dns/dns_message.h"
#include "core/dns/dns_packet.h"
#include "core/dns/dns_shares.h"

#define DNS_UNANSWERED_NS (5 * 1000000000ull)
#define DNS_FORGET_NS     (30 * 1000000000ull)
/* The most queries that wait at the same time. Their names take at most 34 MB, and usually 1 MB. */
#define DNS_LOOKUPS_MAX 32768

struct dns_lookups;

enum dns_outcome {
	DNS_ANSWERED = 1,
	DNS_MALFORMED,  /* an answer cannot be read; a readable one may follow */
	DNS_UNANSWERED, /* an answer may still follow */
	DNS_STRAY,      /* the client got answers for which no query waited */
};

struct dns_result {
	enum dns_outcome outcome;
	/* As in the packet of the query. DNS_STRAY: as in the last answer; all 0 in the sum that
	 * several sockets share (DNS_STRAYS_MAX). */
	const struct dns_client *client;
	const char *name;                 /* "": the answers of DNS_STRAY have no question */
	const struct dns_message *answer; /* DNS_ANSWERED only */
	/* Time of the query. is_fallback: of the query over UDP. DNS_STRAY: equals ended_ns. */
	uint64_t asked_ns;
	uint64_t ended_ns; /* time of the answer, or of the query plus DNS_UNANSWERED_NS */
	uint64_t strays;   /* DNS_STRAY: number of stray answers since the last report; else 0 */
	uint16_t type;
	bool is_fallback; /* asked over TCP because the answer over UDP was truncated */
};

/* The arguments are valid during the call. The callback must not use the lookups. */
typedef void dns_callback(void *data, const struct dns_result *result);

/* Packets that completed no pair of query and answer. */
struct dns_counts {
	uint64_t malformed; /* queries and answers that cannot be read */
	uint64_t stray;     /* answers that no query waited for, and that were reported */
	uint64_t unkept;    /* queries that were not stored: too many waited, or memory was short */
};

/* Returns NULL if memory is short. `max` is the maximum number of queries that wait at the same
 * time; 0: DNS_LOOKUPS_MAX. One cgroup alone can have half of them (dns_shares.h). */
struct dns_lookups *dns_lookups_new(size_t max, dns_callback *callback, void *data);

/* NULL is fine. */
void dns_lookups_free(struct dns_lookups *lookups);

/* Handles one packet of a client. */
void dns_lookups_packet(struct dns_lookups *lookups, const struct dns_packet *packet);

/* Notes that packets were lost. Until DNS_UNANSWERED_NS later, an answer may belong to a lost
 * query, so no answer counts as stray. Call it before dns_lookups_expire. */
void dns_lookups_note_loss(struct dns_lookups *lookups, uint64_t now_ns);

/* Reports the unanswered queries and the stray answers, and forgets old queries. Call it several
 * times a second, also before the first packet. */
void dns_lookups_expire(struct dns_lookups *lookups, uint64_t now_ns);

/* Calls back for each cgroup with queries that were not stored since the last call because too many
 * of its queries waited. Returns their number, which counts.unkept contains. */
uint64_t dns_lookups_report_refused(struct dns_lookups *lookups, dns_refused_callback *callback,
				    void *data);

const struct dns_counts *dns_lookups_counts(const struct dns_lookups *lookups);

#endif
