/* SPDX-License-Identifier: Apache-2.0 */
/* NetworkPolicies from the paths of a command line. */
#ifndef POLECAT_TUI_POLICIES_NETPOL_FILES_H
#define POLECAT_TUI_POLICIES_NETPOL_FILES_H

#include <stddef.h>

#include "core/policy/netpol/netpol.h"

/*
 * Reads all paths into the set: a file; "-", standard input; or a folder: all its .yaml, .yml and
 * .json files in order of name, those of folders in it too, but for names that begin with a dot. A
 * policy that stands there twice is refused: applied, the second would replace the first.
 *
 * 0, or the exit status, what is wrong told to stderr as FILE:LINE:COLUMN; the set is to be cleared
 * either way. That a path has no policy at all is told too, and is no error.
 */
int netpol_files_read(const char *program, const char *const *paths, size_t count,
		      struct netpol_set *set);

#endif
