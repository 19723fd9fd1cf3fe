/* SPDX-License-Identifier: Apache-2.0 */
/* A folder of drafted policies, one file each, that never loses what somebody wrote there. */
#ifndef POLECAT_TUI_POLICIES_POLICY_FILES_H
#define POLECAT_TUI_POLICIES_POLICY_FILES_H

#include <stdbool.h>
#include <stddef.h>

enum policy_file_result {
	POLICY_FILE_WRITTEN = 0,
	POLICY_FILE_SAME, /* the file was there, with these very bytes */
	POLICY_FILE_KEPT, /* the file was there and differs; it was left as it is */
	POLICY_FILE_REPLACED,
};

#define POLICY_FILE_NAME_SIZE 256 /* NAME_MAX and a NUL */

/*
 * The file's name for a policy: NAMESPACE-NAME.yaml; NAME.yaml where the namespace is NULL or
 * empty. Characters that do not belong in a file's name become "_".
 */
void policy_file_name(const char *namespace_name, const char *name,
		      char file[POLICY_FILE_NAME_SIZE]);

/*
 * Puts `length` bytes of text into directory/file: whole or not at all (written beside it, then
 * renamed). What is there and differs stays, unless `force`. *result says what was done. 0 or
 * -errno.
 */
int policy_file_write(const char *directory, const char *file, const char *text, size_t length,
		      bool force, enum policy_file_result *result);

/* Makes the directory, if it is not there; not those above it. 0 or -errno. */
int policy_directory_make(const char *directory);

#endif
