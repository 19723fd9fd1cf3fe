/* SPDX-License-Identifier: Apache-2.0 */
/* One policy as a CiliumNetworkPolicy, cilium.io/v2. */
#ifndef POLECAT_CORE_POLICY_PRINT_CILIUM_H
#define POLECAT_CORE_POLICY_PRINT_CILIUM_H

#include "core/policy/model.h"
#include "core/policy/printer.h"

void print_cilium(struct printer *printer, const struct policy *policy);

#endif
