/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the names that pods give to the ports of their containers. Pure. */
#ifndef POLECAT_CORE_POLICY_EVALUATE_PORT_NAMES_H
#define POLECAT_CORE_POLICY_EVALUATE_PORT_NAMES_H

#include "core/policy/netpol/netpol.h"

/* Returns the name of a port by its number and protocol in the pods that a selector selects in a
 * namespace, or NULL if no pod names the port, or if two name it differently. `workloads` is a
 * const struct workloads, which owns the name. A netpol_diff_namer (netpol_diff.h). */
const char *port_names_find(const void *workloads, const char *namespace_name,
			    const struct netpol_selector *pods, const struct netpol_port *port);

#endif
