/* SPDX-License-Identifier: Apache-2.0 */
/* Drafts the policy of one workload from the evidence of its subjects. If no policy can be made,
 * adds warnings instead. drafter.c finds the workloads. */
#ifndef POLECAT_CORE_POLICY_DRAFT_WORKLOAD_DRAFTER_H
#define POLECAT_CORE_POLICY_DRAFT_WORKLOAD_DRAFTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/policy/draft/cilium.h"
#include "core/policy/draft/draft.h"
#include "core/policy/draft/evidence.h"
#include "core/policy/draft/group_selector.h"
#include "core/policy/draft/overlap.h"
#include "core/policy/draft/public.h"
#include "core/policy/draft/rules.h"
#include "core/policy/draft/widen.h"
#include "core/policy/draft/workload.h"

/* The state that all workloads of a run share. */
struct workload_drafter {
	const struct state *state;
	struct draft_set *set;
	struct evidence evidence;
	struct overlap overlap;
	struct widen widen;
	struct public_ranges public_ranges;
	struct rules rules;
};

/* Drafts the policy of one workload and adds it to the set, whose `items` must have room. If the
 * draft has no rules or no selector, adds warnings instead. Returns 0 or -ENOMEM. */
int workload_drafter_add(struct workload_drafter *drafter, const struct workload *workload);

/* Copies a draft and its policy to the end of the set, whose `items` must have room. Returns 0 or
 * -ENOMEM. */
int workload_drafter_append(struct draft_set *set, const struct draft *draft);

/* Returns whether an existing NetworkPolicy that selects other pods has the name. The policy's
 * namespace and selector must be set. */
bool workload_drafter_name_is_taken(const struct workload_drafter *drafter,
				    const struct netpol *policy, const char *name);

/* If the subject has edges that pass the filter, adds a warning with the reason why it gets no
 * policy. */
void workload_drafter_warn(struct workload_drafter *drafter, const struct subject *subject,
			   enum group_status status);

#endif
