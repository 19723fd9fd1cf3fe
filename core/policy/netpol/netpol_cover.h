/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compares the parts of rules by meaning. A part covers another part if it allows everything that
 * the other part allows. For example, a block covers the blocks in it, a selector covers selectors
 * with further requirements, and a port range covers the ports in it.
 *
 * A result of true is certain. A result of false may be wrong: several peers or ports may cover the
 * other part only together, and the pods that would make a difference might not exist. Pure.
 */
#ifndef POLECAT_CORE_POLICY_NETPOL_NETPOL_COVER_H
#define POLECAT_CORE_POLICY_NETPOL_NETPOL_COVER_H

#include <stdbool.h>

#include "core/policy/netpol/netpol.h"

/* Returns true if the outer selector selects everything that the inner one does. */
bool netpol_selector_covers(const struct netpol_selector *outer,
			    const struct netpol_selector *inner);

/* Returns true if the outer peer covers the inner one. NULL stands for any peer. */
bool netpol_peer_covers(const struct netpol_peer *outer, const struct netpol_peer *inner);

/* Returns true if the outer port covers the inner one. NULL stands for any port of any protocol. */
bool netpol_port_covers(const struct netpol_port *outer, const struct netpol_port *inner);

#endif
