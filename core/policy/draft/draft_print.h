/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints drafts as YAML in the format that they were drafted for. Each document has a header
 * comment, and `---` separates documents. Names and values that a cluster or a user chose are in
 * double quotes if YAML readers disagree about their type: `no`, `012`, `1e3`.
 */
#ifndef POLECAT_CORE_POLICY_DRAFT_DRAFT_PRINT_H
#define POLECAT_CORE_POLICY_DRAFT_DRAFT_PRINT_H

#include <stddef.h>

#include "core/policy/draft/draft.h"
#include "core/policy/draft/draft_text.h"

#define DRAFT_ALL ((size_t)-1)

/* Prints draft `index` of the set, or all drafts if `index` is DRAFT_ALL, into a string that the
 * caller frees. Returns 0 or -ENOMEM. */
int draft_print(const struct draft_set *set, size_t index, char **text, size_t *length);

/*
 * Prints draft `index` and records the part of the policy to which each line belongs. For Cilium,
 * all lines of a rule are DRAFT_PART_RULE. Replaces the contents of *out; free it with
 * draft_text_clear before the set. Returns 0, or -ENOMEM with *out empty.
 */
int draft_print_text(const struct draft_set *set, size_t index, struct draft_text *out);

/* Like draft_print_text, but prints all drafts of the set. The lines of drafts other than `index`
 * get DRAFT_PART_NONE. */
int draft_print_text_all(const struct draft_set *set, size_t index, struct draft_text *out);

#endif
