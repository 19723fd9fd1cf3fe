/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The property that joins drafter and evaluator: `check` of a draft, on the recording that it was
 * made from, denies no flow that the draft allows. A flow may be denied only if a line of a draft, or
 * a warning, says that it is not allowed, and only as many connections of a workload as its coverage
 * leaves out.
 */
#ifndef POLECAT_TESTS_SUPPORT_DRAFT_AGREEMENT_H
#define POLECAT_TESTS_SUPPORT_DRAFT_AGREEMENT_H

#include <stddef.h>

#include "core/policy/draft/draft_options.h"
#include "core/state/state.h"

/* Returns a description of the first violation, which the caller frees; NULL: it holds. Sets
 * *flows (NULL: not wanted) to the number of flows that were judged. */
char *draft_agreement_violation(const struct state *state, const struct draft_options *options,
				size_t *flows);

/* The same for a recording, one record a line. */
char *draft_agreement_violation_of(char *const *lines, size_t count,
				   const struct draft_options *options, size_t *flows);

/* Removes lines from the recording, in place, as long as a violation remains. Returns the new
 * count. Keeps the memory of the lines with the caller: the removed ones follow the others. */
size_t draft_agreement_reduce(char **lines, size_t count, const struct draft_options *options);

#endif
