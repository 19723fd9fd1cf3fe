/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which pods a policy's selector selects beside those of its workload: pods with the same labels
 * and others on top. What they do is restricted as well, and it is not what the draft stands on.
 */
#ifndef POLECAT_CORE_POLICY_DRAFT_OVERLAP_H
#define POLECAT_CORE_POLICY_DRAFT_OVERLAP_H

#include <stddef.h>

#include "core/base/arena.h"
#include "core/policy/draft/group.h"
#include "core/policy/netpol/netpol.h"
#include "core/state/identity/workloads.h"

struct overlap_entry;

/* The pods by their labels. Zero-initialise; overlap_free in the end. Without overlap_index it
 * looks at every pod each time. */
struct overlap {
	struct overlap_entry *entries; /* sorted */
	size_t count;
};

/* For many questions about the same pods. 0 or -ENOMEM. */
int overlap_index(struct overlap *overlap, const struct workloads *workloads);
void overlap_free(struct overlap *overlap);

/*
 * *line says whom else the selector of this workload selects, in the arena; NULL: nobody. 0 or
 * -ENOMEM.
 */
int overlap_describe(const struct overlap *overlap, const struct workloads *workloads,
		     struct arena *arena, const struct group *group,
		     const struct netpol_selector *selector, const char **line);

#endif
