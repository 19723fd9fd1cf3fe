/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the NetworkPolicies that a command line names. */
#ifndef POLECAT_TUI_POLICIES_NETPOL_LOAD_H
#define POLECAT_TUI_POLICIES_NETPOL_LOAD_H

#include "core/policy/netpol/netpol.h"
#include "tui/options/options.h"

/*
 * Reads the paths of --policy or --diff and, with --cluster, the policies of the cluster into the
 * set.
 *
 * A path is a file, "-" for standard input, or a folder. A folder stands for all .yaml, .yml and
 * .json files in it and in its subfolders, in order of name, except names that begin with a dot.
 * Pipes and devices are refused, except /dev/stdin and /dev/fd. Two policies of the same namespace
 * and name are an error, because the second would replace the first when applied. Reports every
 * file and document with an error, and the number of skipped documents.
 *
 * A policy of the cluster is left out if a file has a policy of the same namespace and name,
 * because the file's policy would replace the cluster's policy. For a policy of the cluster,
 * netpol.file is "cluster" and netpol.line is 0. The set also names the cluster's policies that are
 * not NetworkPolicies (netpol_kinds.h), and the kinds of policy that could not be listed. Reports
 * these policies and kinds on stderr.
 *
 * Returns 0, or the exit status after a report on stderr: 4 for an input that cannot be read, 3 if
 * the API does not answer or memory is short. An error in a file is reported as FILE:LINE:COLUMN. A
 * path without a policy is reported, but is not an error. The caller clears the set in any case.
 */
int netpol_load(const struct options *options, struct netpol_set *set);

#endif
