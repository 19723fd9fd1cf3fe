/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds pods that a policy selects without the draft being based on their flows: pods of other
 * workloads that have all labels of the workload's selector, and pods of the workload itself that
 * no collector watched.
 */
#ifndef POLECAT_CORE_POLICY_DRAFT_OVERLAP_H
#define POLECAT_CORE_POLICY_DRAFT_OVERLAP_H

#include <stddef.h>

#include "core/policy/draft/evidence.h"
#include "core/policy/draft/group.h"
#include "core/policy/draft/lines.h"
#include "core/policy/netpol/netpol.h"
#include "core/state/identity/workloads.h"

struct overlap_entry;

/* An index of pods by label. Zero-initialise. Free with overlap_free. Without overlap_index, each
 * query visits every pod of the workload's namespace. */
struct overlap {
	struct overlap_entry *entries; /* sorted */
	size_t count;
};

/*
 * Builds the index. This is worthwhile for many queries about the same pods. Returns 0 or -ENOMEM.
 */
int overlap_index(struct overlap *overlap, const struct workloads *workloads);
void overlap_free(struct overlap *overlap);

/* Adds the workload's live pods that have no edges to the evidence. Use it for workloads without an
 * owner; it is slow for others (workloads_first_relative). Returns 0 or -ENOMEM. */
int overlap_add_unseen(const struct overlap *overlap, struct evidence *evidence,
		       const struct group *group);

/* If the workload's selector selects pods of other workloads, adds a line about them. */
void overlap_report(const struct overlap *overlap, struct evidence *evidence,
		    const struct group *group, const struct netpol_selector *selector,
		    struct lines *lines);

#endif
