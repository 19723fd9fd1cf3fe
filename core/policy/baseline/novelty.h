/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the edges of a state that are new, which means that they are not in the baseline. If the
 * baseline consists of policies, an edge is new if they deny it at either end.
 *
 * Answers are cached. After identities or the DNS names of an edge have changed, the edge is judged
 * again: when it is asked for, and by novelty_sweep. Pure. One thread.
 */
#ifndef POLECAT_CORE_POLICY_BASELINE_NOVELTY_H
#define POLECAT_CORE_POLICY_BASELINE_NOVELTY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/policy/baseline/baseline.h"
#include "core/state/state.h"

struct novelty;

/* Makes a cache for a state, which must outlive it, without a baseline. Returns 0 or -ENOMEM. Free
 * with novelty_free (NULL is allowed). */
int novelty_new(const struct state *state, struct novelty **out);
void novelty_free(struct novelty *novelty);

/* Replaces the baseline, and takes ownership of it. Returns 0, or -ENOMEM with the old baseline in
 * place and the new one still owned by the caller. */
int novelty_set_baseline(struct novelty *novelty, struct baseline *baseline);

/* Returns the baseline; NULL: no baseline, so nothing is new. */
const struct baseline *novelty_baseline(const struct novelty *novelty);

/* Judges an edge. Returns BASELINE_UNKNOWN if there is no baseline, if the edge cannot be compared,
 * if the verdict of the policies is not certain, and if memory is short. */
enum baseline_answer novelty_judge(struct novelty *novelty, const struct edge *edge);

/* Judges the next edges, up to a limit. Returns false once every edge has been judged since the
 * latest change of identities. */
bool novelty_sweep(struct novelty *novelty);

/* Returns the number of new edges among those that were judged so far and whose subjects are in
 * group 0 (state_set_group). */
size_t novelty_count(const struct novelty *novelty);

/* Counts again after subjects changed their groups. */
void novelty_regroup(struct novelty *novelty);

/* Returns a new edge of the group 0, the first that was seen; NULL: none. */
const struct edge *novelty_first(const struct novelty *novelty);

#endif
