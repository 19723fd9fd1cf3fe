/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the NetworkPolicies of a cluster from its API. */
#ifndef POLECAT_TUI_POLICIES_NETPOL_CLUSTER_H
#define POLECAT_TUI_POLICIES_NETPOL_CLUSTER_H

#include "core/policy/netpol/netpol.h"
#include "tui/options/options.h"

/*
 * Adds the policies of the cluster of --kubeconfig and --context to the set, except those that are
 * in the set already by namespace and name: an applied file replaces them. Their file is "cluster",
 * their line 0.
 *
 * Returns 0 or the exit status; errors are reported on stderr: 4 for an answer that cannot be read,
 * 3 for no answer. Clear the set in any case.
 */
int netpol_cluster_read(const struct options *options, struct netpol_set *set);

#endif
