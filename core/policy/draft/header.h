/* SPDX-License-Identifier: Apache-2.0 */
/* Prints the comment before a policy: its evidence, and the limits of the draft. */
#ifndef POLECAT_CORE_POLICY_DRAFT_HEADER_H
#define POLECAT_CORE_POLICY_DRAFT_HEADER_H

#include "core/policy/draft/draft.h"
#include "core/policy/draft/printer.h"

void header_print(struct printer *printer, enum draft_format format, const struct draft *draft);

#endif
