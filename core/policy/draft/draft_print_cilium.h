/* SPDX-License-Identifier: Apache-2.0 */
/* Prints the parts of a CiliumNetworkPolicy (cilium.io/v2) that differ from a NetworkPolicy. Errors
 * stay in the printer. Only draft_print.c uses it. */
#ifndef POLECAT_CORE_POLICY_DRAFT_DRAFT_PRINT_CILIUM_H
#define POLECAT_CORE_POLICY_DRAFT_DRAFT_PRINT_CILIUM_H

#include "core/policy/draft/printer.h"
#include "core/policy/netpol/netpol.h"

/* Prints the block of a peer, its comment and its exceptions into the printer's open map, which
 * must be empty, and closes the map. For both policy formats. */
void draft_print_block(struct printer *printer, const struct netpol_peer *peer);

/* Prints the selector of the policy's pods. */
void draft_print_cilium_selector(struct printer *printer, const struct netpol_selector *pods);

/* Prints a rule as one rule for each kind of peer, because Cilium does not support combinations of
 * kinds (EgressRule.sanitize in cilium pkg/policy/api). */
void draft_print_cilium_rule(struct printer *printer, const struct netpol *policy,
			     enum netpol_direction direction, const struct netpol_rule *rule);

#endif
