/* SPDX-License-Identifier: Apache-2.0 */
/* Reads NetworkPolicies from the paths of a command line. */
#ifndef POLECAT_TUI_POLICIES_NETPOL_FILES_H
#define POLECAT_TUI_POLICIES_NETPOL_FILES_H

#include <stddef.h>

#include "core/policy/netpol/netpol.h"

/*
 * Reads all paths into the set. A path is a file; "-" for standard input; or a folder: all its
 * .yaml, .yml and .json files in order of name, also of the folders in it, without names that begin
 * with a dot. Two policies of the same namespace and name are an error, since the second would
 * replace the first when applied.
 *
 * Returns 0 or the exit status; errors are reported on stderr as FILE:LINE:COLUMN. A path without a
 * policy is reported too and is no error. Clear the set in any case.
 */
int netpol_files_read(const char *program, const char *const *paths, size_t count,
		      struct netpol_set *set);

#endif
