/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shares of the cgroups in the queries that wait at the same time. Of the second half of them,
 * a cgroup may add one only if fewer queries of it wait than there is room for, as in the kernel's
 * ring (bpf/ring.h). So queries that nobody answers hide no queries of other cgroups.
 */
#ifndef POLECAT_CORE_DNS_DNS_SHARES_H
#define POLECAT_CORE_DNS_DNS_SHARES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/hash_index.h"

struct dns_share {
	uint64_t cgroup_id;
	size_t waiting;
	uint64_t refused; /* since the last report */
};

/* Zero-initialise. Free with dns_shares_clear. */
struct dns_shares {
	struct dns_share *items; /* of the cgroups with a number that is not 0 */
	size_t count;
	size_t capacity;
	struct hash_index index; /* by cgroup_id */
	size_t waiting;          /* the sum over the cgroups, and over those without memory */
};

/* Called for each cgroup that had queries refused. */
typedef void dns_refused_callback(void *data, uint64_t cgroup_id, uint64_t count);

void dns_shares_clear(struct dns_shares *shares);

/* Returns whether a cgroup may add a query if at most `max` may wait. If not, counts the query as
 * refused. */
bool dns_shares_admit(struct dns_shares *shares, uint64_t cgroup_id, size_t max);

/* Count a query that begins to wait, or that does not wait any more. */
void dns_shares_add(struct dns_shares *shares, uint64_t cgroup_id);
void dns_shares_remove(struct dns_shares *shares, uint64_t cgroup_id);

/* Calls back for the refused queries since the last report. Returns their number. */
uint64_t dns_shares_report(struct dns_shares *shares, dns_refused_callback *callback, void *data);

#endif
