/* SPDX-License-Identifier: Apache-2.0 */
/* Prints one draft as a CiliumNetworkPolicy, cilium.io/v2. */
#ifndef POLECAT_CORE_POLICY_DRAFT_DRAFT_PRINT_CILIUM_H
#define POLECAT_CORE_POLICY_DRAFT_DRAFT_PRINT_CILIUM_H

#include "core/policy/draft/draft.h"
#include "core/policy/draft/draft_text.h"
#include "core/policy/draft/printer.h"

/* `text` gets the parts of the lines; NULL: not wanted. Errors stay in the printer. */
void draft_print_cilium(struct printer *printer, const struct draft *draft,
			struct draft_text *text);

#endif
