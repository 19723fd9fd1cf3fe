/* SPDX-License-Identifier: Apache-2.0 */
/* Saves drafts: one to a file, or those of all workloads to a folder. */
#ifndef POLECAT_TUI_DASHBOARD_EXPORT_H
#define POLECAT_TUI_DASHBOARD_EXPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "tui/dashboard/view/context.h"
#include "tui/policies/policy_files.h"

/* Writes the complete text or nothing. Returns 0 or -errno: -EEXIST if the file exists and `replace`
 * is false, -EISDIR for a folder. */
int export_write(const char *path, const char *text, size_t length, bool replace);

/* Replaces the characters of a file name that could lead out of the folder or surprise a shell with
 * `-`, in place. */
void export_clean_name(char *name);

struct export_summary {
	size_t counts[POLICY_FILE_REPLACED + 1]; /* files, by enum policy_file_result */
	char file[POLICY_FILE_NAME_SIZE];        /* the one that could not be written; "": none */
};

/* Returns true if the path names a folder: it ends with `/`. */
bool export_is_folder(const char *path);

/*
 * Writes the drafts of all workloads as `polecat policy -d` does: for the flows that pass the command
 * line's filter, without the destinations that are left out, one NAMESPACE-NAME.yaml each. Creates
 * the folder if it does not exist. Keeps files that differ unless `replace` is set. Returns 0,
 * -ENODATA if nothing can be drafted, or -errno; *summary counts the files, also after an error.
 */
int export_all(const struct context *context, const char *folder, bool replace,
	       struct export_summary *summary);

#endif
