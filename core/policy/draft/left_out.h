/* SPDX-License-Identifier: Apache-2.0 */
/* Lists the destinations and clients that a draft does not allow, as data for a screen.
 * notes_format writes the same facts as text. */
#ifndef POLECAT_CORE_POLICY_DRAFT_LEFT_OUT_H
#define POLECAT_CORE_POLICY_DRAFT_LEFT_OUT_H

#include <stddef.h>

#include "core/policy/draft/draft.h"
#include "core/policy/draft/evidence.h"

/* Fills in draft->left_out from the notes. Does nothing without draft_options.keep_edges. Call it
 * after evidence_judge. Returns 0 or -ENOMEM. */
int left_out_collect(const struct evidence *evidence, struct draft *draft);

/* Removes the notes that left_out_collect turns into items. */
void left_out_drop_notes(struct notes *notes);

/* Orders items by the reason alone: direction, kind, reason and error. */
int left_out_compare_reasons(const struct draft_left_out *a, const struct draft_left_out *b);

/* Writes the reason in a few words, printable ASCII: "never answered", "refused". */
#define LEFT_OUT_REASON_SIZE 160
void left_out_reason(const struct draft_left_out *item, char text[LEFT_OUT_REASON_SIZE]);

#endif
