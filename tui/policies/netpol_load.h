/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the NetworkPolicies that a command line names. */
#ifndef POLECAT_TUI_POLICIES_NETPOL_LOAD_H
#define POLECAT_TUI_POLICIES_NETPOL_LOAD_H

#include <stdbool.h>
#include <stddef.h>

#include "core/policy/netpol/netpol.h"
#include "tui/options/options.h"

/* The largest depth of nested folders. */
#define NETPOL_LOAD_DEPTH_MAX 32

/* Returns whether files with this name are read in a folder: *.yaml, *.yml and *.json. */
bool netpol_load_reads(const char *name);
/* Returns whether a path names standard input or another descriptor of the process, as a shell
 * gives it for <(command). Such a path can be read only once. */
bool netpol_load_is_stream(const char *path);

/* Gets the messages of a load, one at a time: errors with their exit status (see netpol_load), and
 * notes with status 0. `text` is not escaped. It is valid during the call. */
struct netpol_load_report {
	void (*message)(void *data, int status, const char *text);
	void *data;
};

/* Collects the first error of a load, or its last note if there was no error. */
struct netpol_load_first {
	char *text; /* `size` bytes; "" at first */
	size_t size;
	bool is_error;
};

/* A netpol_load_report.message whose data is a struct netpol_load_first. */
void netpol_load_keep_first(void *data, int status, const char *text);

/*
 * Reads the policies of some paths into the set.
 *
 * A path is a file, "-" for standard input, or a folder. A folder stands for all .yaml, .yml and
 * .json files in it and in its subfolders, in order of name, except names that begin with a dot.
 * Pipes and devices are refused, except /dev/stdin and /dev/fd. Two policies of the same namespace
 * and name are an error, because the second would replace the first when applied. Reports every
 * file and document with an error, and the number of skipped documents. An error in a file is
 * reported as FILE:LINE:COLUMN. A path without a policy is reported, but is not an error.
 *
 * Returns 0, or the exit status of the first error: 4 for an input that cannot be read, 3 if memory
 * is short. The caller clears the set in any case.
 */
int netpol_load_paths(const char *const *paths, size_t count,
		      const struct netpol_load_report *report, struct netpol_set *set);

/*
 * Reads the paths of --policy or --diff and, with --cluster, the policies of the cluster into the
 * set. Reports on stderr. Returns as netpol_load_paths does, also 3 if the API does not answer.
 *
 * A policy of the cluster is left out if a file has a policy of the same namespace and name,
 * because the file's policy would replace the cluster's policy. For a policy of the cluster,
 * netpol.file is "cluster" and netpol.line is 0. The set also names the cluster's policies that are
 * not NetworkPolicies (netpol_kinds.h), and the kinds of policy that could not be listed. Reports
 * these policies and kinds, too.
 */
int netpol_load(const struct options *options, struct netpol_set *set);

#endif
