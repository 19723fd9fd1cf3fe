/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compares the parts of rules by meaning. A part covers another one if it allows everything that
 * the other does: a block covers the blocks in it, a selector those with more requirements, a range
 * its ports.
 *
 * True is certain. False can be wrong if several peers or ports cover the other one only together,
 * or if no existing pod makes a difference. Pure.
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
