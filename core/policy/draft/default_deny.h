/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a policy for a namespace that allows DNS and denies everything else. Other policies add
 * permissions. */
#ifndef POLECAT_CORE_POLICY_DRAFT_DEFAULT_DENY_H
#define POLECAT_CORE_POLICY_DRAFT_DEFAULT_DENY_H

#include "core/policy/draft/workload_drafter.h"

/* Adds the namespace's policy to the set, whose `items` must have room. If the cluster's DNS is in
 * the namespace, adds a warning instead. `namespace_name` must outlive the set. Returns 0 or
 * -ENOMEM. */
int default_deny_add(struct workload_drafter *drafter, const char *namespace_name);

/* Adds a line to a draft that denies all, about pods of its namespace that no draft of the set
 * selects. all_drafted: the set has the drafts of all workloads, so that these pods have no other
 * draft. Returns 0 or -ENOMEM. */
int default_deny_report(struct workload_drafter *drafter, struct draft *draft, bool all_drafted);

#endif
