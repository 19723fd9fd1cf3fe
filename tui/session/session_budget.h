/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bounds the memory that the records of one stream (--exec) may take in the state: pods, Services,
 * namespaces, nodes, and all their lists and labels. A stream comes from another machine, which may
 * be under the control of an attacker, so it may not take the memory of the others. The number of
 * containers and of owners is bounded elsewhere (workloads.c, owners.h), so only the size of each
 * of their records is bounded here. One thread.
 */
#ifndef POLECAT_TUI_SESSION_SESSION_BUDGET_H
#define POLECAT_TUI_SESSION_SESSION_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct record;
struct workloads;

/* The largest number of bytes for a stream. 150,000 pods, the most that Kubernetes supports, take
 * about 150 MB. */
#define SESSION_BUDGET_MAX ((size_t)256 << 20)

/* The largest size of a record whose kind has a bounded number of records. */
#define SESSION_BUDGET_RECORD_MAX ((size_t)16 << 10)

/* Zero-initialise. */
struct session_budget {
	size_t used;      /* bytes */
	uint64_t refused; /* records */
};

/* Returns whether the state may store a record with regard to the bound `max`, and counts its
 * memory. Other kinds than the above are always admitted. `workloads` has the records that are
 * stored already: a record with the name of one of them takes its place. */
bool session_budget_admit(struct session_budget *budget, size_t max,
			  const struct workloads *workloads, const struct record *record);

#endif
