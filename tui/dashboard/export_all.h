/* SPDX-License-Identifier: Apache-2.0 */
/* Saves the drafts of all workloads, one file each, as `polecat policy -d` does. */
#ifndef POLECAT_TUI_DASHBOARD_EXPORT_ALL_H
#define POLECAT_TUI_DASHBOARD_EXPORT_ALL_H

#include <stdbool.h>
#include <stddef.h>

#include "tui/dashboard/view/context.h"
#include "tui/policies/policy_files.h"

struct export_summary {
	size_t counts[POLICY_FILE_REPLACED + 1]; /* files, by enum policy_file_result */
	char file[POLICY_FILE_NAME_SIZE];        /* the one that could not be written; "": none */
};

/* Returns true if the path names a folder: it ends with `/`. */
bool export_is_folder(const char *path);

/*
 * Drafts for everything that was seen and passes the command line's filter, without what is left
 * out, and writes NAMESPACE-NAME.yaml files into the folder, which is made if need be. Files that
 * are there and differ are kept, and counted, unless `replace`. 0, -ENODATA (there is nothing to
 * draft), or -errno: some may have been written then, as *summary says.
 */
int export_all(const struct context *context, const char *folder, bool replace,
	       struct export_summary *summary);

#endif
