/* SPDX-License-Identifier: Apache-2.0 */
/* Writes drafted policies into a folder, one file each. Keeps existing files that differ. */
#ifndef POLECAT_TUI_POLICIES_POLICY_FILES_H
#define POLECAT_TUI_POLICIES_POLICY_FILES_H

#include <stdbool.h>
#include <stddef.h>

enum policy_file_result {
	POLICY_FILE_WRITTEN = 0,
	POLICY_FILE_SAME, /* the file exists with the same bytes */
	POLICY_FILE_KEPT, /* the file exists and differs; it was left as it is */
	POLICY_FILE_REPLACED,
};

#define POLICY_FILE_NAME_SIZE 256 /* NAME_MAX and a NUL */

/*
 * Writes the file name of a policy: NAMESPACE-NAME.yaml, or NAME.yaml if the namespace is NULL or
 * empty. Letters and digits stay. "-" and "." also stay, except at the start of the name. All other
 * characters become "_".
 */
void policy_file_name(const char *namespace_name, const char *name,
		      char file[POLICY_FILE_NAME_SIZE]);

/*
 * Writes `length` bytes of text to directory/file, completely or not at all (see file_write). Keeps
 * an existing file that differs, unless `force` is set. Stores the outcome in *result. Returns 0 or
 * -errno.
 */
int policy_file_write(const char *directory, const char *file, const char *text, size_t length,
		      bool force, enum policy_file_result *result);

/* Creates the directory if it does not exist, but not its parents. Returns 0 or -errno. */
int policy_directory_make(const char *directory);

#endif
