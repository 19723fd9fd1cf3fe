/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests that the drafter and the evaluator agree. Drafts are made from a recording, then check_run
 * judges the recording by the drafts. A flow may be denied only if a line of a draft, or a warning,
 * says that the flow is not allowed. For each draft, the number of denied connections must not
 * exceed the number of connections that the draft does not cover (draft_coverage).
 */
#ifndef POLECAT_TESTS_SUPPORT_DRAFT_AGREEMENT_H
#define POLECAT_TESTS_SUPPORT_DRAFT_AGREEMENT_H

#include <stddef.h>

#include "core/policy/draft/draft_options.h"
#include "core/state/state.h"

/* Returns a description of the first violation, or NULL if there is no violation. The caller frees
 * it. Sets *flows to the number of judged flows; flows may be NULL. */
char *draft_agreement_violation(const struct state *state, const struct draft_options *options,
				size_t *flows);

/* Does the same as draft_agreement_violation for a recording, one JSON record per line. */
char *draft_agreement_violation_of(char *const *lines, size_t count,
				   const struct draft_options *options, size_t *flows);

/* Shortens a recording with a violation, in place: removes lines that the violation does not need.
 * Returns the number of remaining lines. The caller still owns all lines: the removed lines follow
 * the remaining lines. */
size_t draft_agreement_reduce(char **lines, size_t count, const struct draft_options *options);

#endif
