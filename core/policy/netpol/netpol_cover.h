/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compares the parts of rules by meaning. A part covers another part if it allows everything that
 * the other one allows: a block covers the blocks in it, a selector covers those with more
 * requirements, a range covers its ports.
 *
 * True is certain. False may be wrong if only several peers or ports together cover the other one,
 * or if no existing pod makes a difference. Pure.
 */
#ifndef POLECAT_CORE_POLICY_NETPOL_NETPOL_COVER_H
#define POLECAT_CORE_POLICY_NETPOL_NETPOL_COVER_H

#include <stdbool.h>

#include "core/policy/netpol/netpol.h"

/* Returns true if the outer selector selects everything that the inner one does. */
bool netpol_selector_covers(const struct netpol_selector *outer,
			    const struct netpol_selector *inner);

/* NULL stands for any peer. */
bool netpol_peer_covers(const struct netpol_peer *outer, const struct netpol_peer *inner);

/* NULL stands for any port of any protocol. */
bool netpol_port_covers(const struct netpol_port *outer, const struct netpol_port *inner);

#endif
