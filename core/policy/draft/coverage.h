/* SPDX-License-Identifier: Apache-2.0 */
/* Words for how much of the seen traffic a draft allows. Pure. */
#ifndef POLECAT_CORE_POLICY_DRAFT_COVERAGE_H
#define POLECAT_CORE_POLICY_DRAFT_COVERAGE_H

#include <stdbool.h>

#include "core/policy/draft/draft.h"

#define COVERAGE_TEXT_SIZE 320

/* Returns whether the draft allows everything that was tried. */
bool coverage_is_complete(const struct draft_coverage *coverage);

/*
 * Writes "36 of 53 allowed; 1 destination left out by you (17 connections); 2 never answered". The
 * 53 connections are those that succeeded: allowed, left out, without a possible rule, or not kept.
 * Attempts that did not succeed, and are not allowed, come after them: never answered, failed.
 */
void coverage_format(const struct draft_coverage *coverage, char text[COVERAGE_TEXT_SIZE]);

#endif
