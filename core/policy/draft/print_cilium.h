/* SPDX-License-Identifier: Apache-2.0 */
/* One policy as a CiliumNetworkPolicy, cilium.io/v2. */
#ifndef POLECAT_CORE_POLICY_DRAFT_PRINT_CILIUM_H
#define POLECAT_CORE_POLICY_DRAFT_PRINT_CILIUM_H

#include "core/policy/draft/model.h"
#include "core/policy/draft/printer.h"

void print_cilium(struct printer *printer, const struct policy *policy);

#endif
