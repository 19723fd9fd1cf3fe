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

/* Returns true if the outer selector selects everything that the inner one does. */
bool netpol_selector_covers(const struct netpol_selector *outer,
			    const struct netpol_selector *inner);

/* NULL: any peer. */
bool netpol_peer_covers(const struct netpol_peer *outer, const struct netpol_peer *inner);

/* NULL: any port of any protocol. */
bool netpol_port_covers(const struct netpol_port *outer, const struct netpol_port *inner);

#endif
