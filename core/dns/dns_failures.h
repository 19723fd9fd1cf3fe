/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the look-ups that failed. When a program looks up a name, the resolver may send several
 * queries: for A and AAAA records, and for the name with each entry of its search list appended
 * (resolv.conf(5)). The look-up fails if a query fails with an error other than NXDOMAIN, or if
 * none of the names exists. A failure is reported with the base name, which is the name to which
 * the resolver appended the entries.
 *
 * Two names that a process queries belong to one look-up if the longer name is the shorter name
 * with a suffix ("db" and "db.example"), or if they differ only in the entry of Kubernetes' search
 * list ("db.shop.svc.D", "db.svc.D", "db.D"). Pure; one thread at a time.
 */
#ifndef POLECAT_CORE_DNS_DNS_FAILURES_H
#define POLECAT_CORE_DNS_DNS_FAILURES_H

#include <stddef.h>
#include <stdint.h>

#include "core/dns/dns_lookups.h"

/* A look-up ends DNS_FAILURES_QUIET_NS after its last answer, or DNS_FAILURES_LONGEST_NS after its
 * first answer, whichever is earlier. */
#define DNS_FAILURES_QUIET_NS   (1000000000ull)
#define DNS_FAILURES_LONGEST_NS (5 * 1000000000ull)

/* The maximum number of look-ups that have not ended. If there are more, the oldest is ended
 * early. */
#define DNS_FAILURES_MAX 512

/* The maximum number of names of one look-up. Kubernetes' search list has three entries, and nodes
 * may add some. Further names are not stored. */
#define DNS_FAILURES_NAMES 8

struct dns_failures;

struct dns_failure {
	const struct dns_client *client; /* as it was at the first query */
	const char *name;                /* the base name */
	uint64_t asked_ns;               /* time of the first query */
	uint64_t ended_ns;               /* time of the last answer */
	uint64_t queries;                /* queries that failed */
	uint8_t rcode;                   /* ns_r_noerror stands for an unreadable answer */
};

/* The arguments are valid during the call. */
typedef void dns_failures_callback(void *data, const struct dns_failure *failure);

/* Returns NULL if out of memory. */
struct dns_failures *dns_failures_new(dns_failures_callback *callback, void *data);

/* NULL is allowed. */
void dns_failures_free(struct dns_failures *failures);

/* Handles the result of a query. Unanswered queries are ignored: dns_lookups reports them. */
void dns_failures_result(struct dns_failures *failures, const struct dns_result *result);

/* Returns whether a look-up has ended that dns_failures_expire did not handle yet. */
bool dns_failures_are_due(const struct dns_failures *failures, uint64_t now_ns);

/* Reports the failed look-ups that have ended. Call it several times a second. UINT64_MAX ends
 * all. */
void dns_failures_expire(struct dns_failures *failures, uint64_t now_ns);

#endif
