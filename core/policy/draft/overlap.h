/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds pods of other workloads that a policy selects: they have all labels of the workload's
 * selector. The policy also restricts those pods, although the draft is not based on their flows.
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

/* If the workload's selector selects pods of other workloads, adds a line about them. */
void overlap_report(const struct overlap *overlap, const struct evidence *evidence,
		    const struct group *group, const struct netpol_selector *selector,
		    struct lines *lines);

#endif
