/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Drafts one network policy per workload from the edges and identities of a state. The policy
 * allows the connections that succeeded, unless an option leaves them out. Lines in the draft
 * report the rules that allow more, and the connections that no rule can allow.
 *
 * Reads the state and writes only the result: no I/O, no clock, no threads. The result depends on
 * the contents of the state, not on the order of arrival. `options` may be NULL (all defaults).
 */
#ifndef POLECAT_CORE_POLICY_DRAFT_DRAFTER_H
#define POLECAT_CORE_POLICY_DRAFT_DRAFTER_H

#include "core/policy/draft/draft.h"
#include "core/state/state.h"

/* Drafts all workloads. Returns 0 or -ENOMEM. Free *out with draft_set_free. */
int drafter_draft(const struct state *state, const struct draft_options *options,
		  struct draft_set **out);

/* Drafts the workload of `subject`, including its other replicas. *out has no policy if none can be
 * drafted. Returns 0 or -ENOMEM. Free *out with draft_set_free. */
int drafter_draft_subject(const struct state *state, const struct subject *subject,
			  const struct draft_options *options, struct draft_set **out);

#endif
