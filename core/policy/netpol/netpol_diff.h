/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What drafted NetworkPolicies allow and existing ones do not, and the other way, rule by rule: by
 * meaning (netpol_cover.h), whatever the policies are called and however their rules are cut.
 *
 * Each drafted policy is held against all existing ones that select its pods, since these add up,
 * as the drafted ones do. Pure.
 */
#ifndef POLECAT_CORE_POLICY_NETPOL_NETPOL_DIFF_H
#define POLECAT_CORE_POLICY_NETPOL_NETPOL_DIFF_H

#include <stdbool.h>
#include <stddef.h>

#include "core/policy/netpol/netpol.h"

/* Zero-initialise; netpol_diff_clear in the end. */
struct netpol_diff {
	/*
	 * For people. A drafted policy that differs has a line that names it, and below that lines
	 * that begin with "+ " (it allows or restricts, and nothing that exists does) or "- " (the
	 * other way). Names of others are in them: escape before printing.
	 */
	struct string_list lines;
	size_t added;
	size_t removed;
};

/*
 * unseen: also tell, as removed, the existing policies that select nothing that was drafted for.
 * 0 or -ENOMEM.
 */
int netpol_diff(const struct netpol_set *drafted, const struct netpol_set *existing, bool unseen,
		struct netpol_diff *diff);
void netpol_diff_clear(struct netpol_diff *diff);

#endif
