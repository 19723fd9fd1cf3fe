/* SPDX-License-Identifier: Apache-2.0 */
/* The NetworkPolicies that a cluster has now. */
#ifndef POLECAT_TUI_POLICIES_NETPOL_CLUSTER_H
#define POLECAT_TUI_POLICIES_NETPOL_CLUSTER_H

#include "core/policy/netpol/netpol.h"
#include "tui/options/options.h"

/*
 * Adds the policies of the cluster that --kubeconfig and --context name to the set, but for those
 * that are in the set by namespace and name already: a file that is applied replaces them. Their
 * file is "cluster", their lines 0.
 *
 * 0, or the exit status, what is wrong told to stderr: 4 for an answer that cannot be read, 3 for
 * none. The set is to be cleared either way.
 */
int netpol_cluster_read(const struct options *options, struct netpol_set *set);

#endif
