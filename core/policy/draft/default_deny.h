/* SPDX-License-Identifier: Apache-2.0 */
/* The policy of a namespace that denies everything that no other policy allows, but DNS. */
#ifndef POLECAT_CORE_POLICY_DRAFT_DEFAULT_DENY_H
#define POLECAT_CORE_POLICY_DRAFT_DEFAULT_DENY_H

#include "core/policy/draft/workload_drafter.h"

/*
 * Adds the namespace's policy to the set, whose `items` must have room, or warns that it gets none
 * because the cluster's DNS is in it. The name must outlive the set. Returns 0 or -ENOMEM.
 */
int default_deny_add(struct workload_drafter *drafter, const char *namespace_name);

#endif
