/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A draft in the making: the policy of one workload from the evidence of its subjects, and the
 * warnings for what gets none. draft.c finds the workloads; this makes their documents.
 */
#ifndef POLECAT_CORE_POLICY_DRAFT_DRAFTING_H
#define POLECAT_CORE_POLICY_DRAFT_DRAFTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/policy/draft/cilium.h"
#include "core/policy/draft/evidence.h"
#include "core/policy/draft/group.h"
#include "core/policy/draft/model.h"
#include "core/policy/draft/overlap.h"
#include "core/policy/draft/widen.h"

struct drafting {
	const struct state *state;
	struct policy_set *set;
	struct evidence evidence;
	struct overlap overlap;
	struct widen widen;
	struct cilium cilium;
	size_t warning_capacity;
};

/* A subject with the workload that it belongs to. */
struct member {
	struct group group;
	uint64_t hash; /* group_hash */
	const struct subject *subject;
};

/*
 * Drafts the policy of one workload and appends it to the set, which has room for it; where it
 * needs none, warnings that say so. shared: another workload of the namespace has its name. 0 or
 * -ENOMEM.
 */
int drafting_add_workload(struct drafting *drafting, const struct member *members, size_t count,
			  bool shared);

/* Says why a subject gets no policy, if it was seen. 0 or -ENOMEM. */
int drafting_warn_subject(struct drafting *drafting, const struct subject *subject,
			  enum group_status status);

/* Sorts the warnings, each once, and bounds them. 0 or -ENOMEM. */
int drafting_finish_warnings(struct drafting *drafting);

#endif
