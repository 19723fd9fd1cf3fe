/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether what one rule allows contains what another one allows: by meaning, not by spelling. A
 * block contains the smaller ones in it, a selector those that ask for more, a range its ports.
 *
 * True is certain. False can be wrong where only several peers or ports together contain the other,
 * or only the pods that there happen to be. Pure.
 */
#ifndef POLECAT_CORE_POLICY_NETPOL_NETPOL_COVER_H
#define POLECAT_CORE_POLICY_NETPOL_NETPOL_COVER_H

#include <stdbool.h>

#include "core/policy/netpol/netpol.h"

/* Everything that the inner selector selects, the outer one does. Both are present. */
bool netpol_selector_covers(const struct netpol_selector *outer,
			    const struct netpol_selector *inner);

/* NULL: any peer. The namespaces are those of the policies: where a peer without a
 * namespaceSelector is. */
bool netpol_peer_covers(const struct netpol_peer *outer, const char *outer_namespace,
			const struct netpol_peer *inner, const char *inner_namespace);

/* NULL: any port of any protocol. */
bool netpol_port_covers(const struct netpol_port *outer, const struct netpol_port *inner);

#endif
