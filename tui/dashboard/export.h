/* SPDX-License-Identifier: Apache-2.0 */
/* Saves one draft to a file, or the drafts of all workloads to a folder. */
#ifndef POLECAT_TUI_DASHBOARD_EXPORT_H
#define POLECAT_TUI_DASHBOARD_EXPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "tui/dashboard/view/context.h"
#include "tui/policies/policy_files.h"

/* Writes the complete text or nothing. Returns 0 or -errno: -EEXIST if the file exists and
 * `replace` is false, -EISDIR for a folder. */
int export_write(const char *path, const char *text, size_t length, bool replace);

struct export_summary {
	size_t counts[POLICY_FILE_REPLACED + 1]; /* files, indexed by enum policy_file_result */
	char file[POLICY_FILE_NAME_SIZE];        /* the file that failed; "": none */
};

/* Returns true if the path ends with `/`, and so names a folder. */
bool export_is_folder(const char *path);

/*
 * Writes the drafts of all workloads as `polecat policy -d` does, one NAMESPACE-NAME.yaml each. The
 * drafts are for the flows that pass the command line's filter, without the destinations that the
 * user left out. Creates the folder if it does not exist. Keeps files that differ unless `replace`
 * is set. Returns 0, -ENODATA if nothing can be drafted, or -errno. *summary counts the files, even
 * after an error.
 */
int export_all(const struct context *context, const char *folder, bool replace,
	       struct export_summary *summary);

#endif
