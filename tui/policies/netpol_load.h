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
 * A path is a file; "-" for standard input; or a folder: all its .yaml, .yml and .json files in
 * order of name, also of the folders in it, without names that begin with a dot. Pipes and devices are
 * refused, except /dev/stdin and /dev/fd. Two policies of the same namespace and name are an error,
 * since the second would replace the first when applied. Every file and document with an error is
 * reported, and the number of skipped documents.
 *
 * A policy of the cluster is left out if a file has one of the same namespace and name, which
 * replaces it when applied. Its file is "cluster" and its line 0. The set also names the cluster's
 * policies of other kinds, and those kinds that it may not list; both are reported.
 *
 * Returns 0 or the exit status; errors are reported on stderr, those in files as FILE:LINE:COLUMN: 4
 * for an input that cannot be read, 3 if the API does not answer or memory is short. A path without
 * a policy is reported too and is no error. Clear the set in any case.
 */
int netpol_load(const struct options *options, struct netpol_set *set);

#endif
