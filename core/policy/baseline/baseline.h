/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The destinations that count as known: those of a state (such as a recording's), or those that
 * NetworkPolicies allow. novelty.h finds the edges outside a baseline. Pure. One thread.
 */
#ifndef POLECAT_CORE_POLICY_BASELINE_BASELINE_H
#define POLECAT_CORE_POLICY_BASELINE_BASELINE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/policy/netpol/netpol.h"
#include "core/state/state.h"

struct baseline;

/* Makes an empty baseline. Returns 0 or -ENOMEM. Free with baseline_free (NULL is allowed). */
int baseline_new(struct baseline **out);
void baseline_free(struct baseline *baseline);

/* Adds every destination of a state, also those that only failed. Returns 0 or -ENOMEM. */
int baseline_add_state(struct baseline *baseline, const struct state *state);

/* Makes the baseline consist of the traffic that the policies allow. Moves the policies out of the
 * set: *set is empty afterwards. */
void baseline_use_policies(struct baseline *baseline, struct netpol_set *set);

/* Returns the policies, or NULL for a baseline of destinations. */
const struct netpol_set *baseline_policies(const struct baseline *baseline);

/* Returns the number of destinations that baseline_add_state added. It leaves out edges that cannot
 * be compared (destination_find). */
size_t baseline_count(const struct baseline *baseline);

enum baseline_answer {
	BASELINE_UNKNOWN = 0, /* cannot be compared, see destination_find */
	BASELINE_HAS,
	BASELINE_LACKS,
};

/* Returns whether a baseline of destinations has an edge of a state. */
enum baseline_answer baseline_find(const struct baseline *baseline, const struct state *state,
				   const struct edge *edge);

#endif
