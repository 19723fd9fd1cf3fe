/* SPDX-License-Identifier: Apache-2.0 */
/* Describes how much of the observed traffic a draft allows. Pure. */
#ifndef POLECAT_CORE_POLICY_DRAFT_COVERAGE_H
#define POLECAT_CORE_POLICY_DRAFT_COVERAGE_H

#include <stdbool.h>

#include "core/policy/draft/draft.h"

#define COVERAGE_TEXT_SIZE 320

/* Returns whether the draft allows everything that was attempted. */
bool coverage_is_complete(const struct draft_coverage *coverage);

/*
 * Writes "36 of 53 allowed; 1 destination left out by you (17 connections); 2 never answered". The
 * 53 connections succeeded. Each of them is allowed or left out, or no rule can allow it, or it is
 * beyond a quota. The 2 attempts ("never answered", or "failed") did not succeed. The policy does
 * not allow them.
 */
void coverage_format(const struct draft_coverage *coverage, char text[COVERAGE_TEXT_SIZE]);

/*
 * Writes the same in few words: "36 of 55 allowed · 17 left out by you · 2 never answered". The 55
 * are the connections that succeeded and the attempts that did not, so all numbers count the same.
 * `dot` is the sign between the parts.
 */
void coverage_format_short(const struct draft_coverage *coverage, const char *dot,
			   char text[COVERAGE_TEXT_SIZE]);

#endif
