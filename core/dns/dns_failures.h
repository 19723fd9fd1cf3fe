/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the look-ups that failed. One look-up of a program is several queries: A and AAAA, and a
 * query for each entry of the resolver's search list (resolv.conf(5)). It fails if the server
 * refuses a query, or if none of the names exists. The failure has the name without the search
 * list.
 *
 * Two names belong to one look-up of a process if the longer is the shorter and a suffix ("db" and
 * "db.example"), or if they differ by the first labels of Kubernetes' search list ("db.shop.svc.D",
 * "db.svc.D", "db.D"). Pure; one thread at a time.
 */
#ifndef POLECAT_CORE_DNS_DNS_FAILURES_H
#define POLECAT_CORE_DNS_DNS_FAILURES_H

#include <stddef.h>
#include <stdint.h>

#include "core/dns/dns_lookups.h"

/* A look-up ends if no answer came for this time, and at the latest after the second time. */
#define DNS_FAILURES_QUIET_NS   (1000000000ull)
#define DNS_FAILURES_LONGEST_NS (5 * 1000000000ull)

/* The look-ups that are followed at once. Beyond that, the oldest ends early. */
#define DNS_FAILURES_MAX 512

/* The names of one look-up that are compared: Kubernetes has three entries in its search list, and
 * nodes may add some. */
#define DNS_FAILURES_NAMES 8

struct dns_failures;

struct dns_failure {
	const struct dns_client *client; /* as it was at the first query */
	const char *name;                /* without the search list */
	uint64_t asked_ns;               /* time of the first query */
	uint64_t ended_ns;               /* time of the last answer */
	uint64_t queries;                /* that failed */
	uint8_t rcode;                   /* ns_r_noerror: the answer cannot be read */
};

/* The arguments are valid during the call. */
typedef void dns_failures_callback(void *data, const struct dns_failure *failure);

/* Returns NULL without memory. */
struct dns_failures *dns_failures_new(dns_failures_callback *callback, void *data);

/* NULL is allowed. */
void dns_failures_free(struct dns_failures *failures);

/* Handles the result of a query. Unanswered queries are ignored: dns_lookups reports them. */
void dns_failures_result(struct dns_failures *failures, const struct dns_result *result);

/* Reports the failed look-ups that have ended. Call it several times a second. UINT64_MAX ends
 * all. */
void dns_failures_expire(struct dns_failures *failures, uint64_t now_ns);

#endif
