/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/policies/policy_files.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/caller.h"
#include "core/base/cleanup.h"
#include "core/base/file.h"

void policy_file_name(const char *namespace_name, const char *name,
		      char file[POLICY_FILE_NAME_SIZE])
{
	bool spaced = namespace_name && namespace_name[0];

	/* A namespace has at most 63 characters (RFC 1123 label). Namespace and name together stay
	 * within NAME_MAX. */
	snprintf(file, POLICY_FILE_NAME_SIZE, "%.63s%s%.180s.yaml", spaced ? namespace_name : "",
		 spaced ? "-" : "", name);
	for (char *at = file; *at; at++)
		if (!isalnum((unsigned char)*at) && !(strchr("-_.", *at) && at != file))
			*at = '_';
}

static int policy_directory_make_once(const char *directory)
{
	struct stat status;

	if (mkdir(directory, 0777) == 0)
		return 0;
	if (errno != EEXIST || stat(directory, &status))
		return -errno;
	return S_ISDIR(status.st_mode) ? 0 : -ENOTDIR;
}

int policy_directory_make(const char *directory)
{
	int error = policy_directory_make_once(directory);

	if (caller_enter(error)) {
		error = policy_directory_make_once(directory);
		caller_leave();
	}
	return error;
}

/* Returns true if the file has exactly these bytes. */
static bool policy_file_has_text(int fd, const char *text, size_t length)
{
	CLEANUP_FREE char *present = NULL;
	size_t present_length = 0;

	return file_read_all(fd, length, &present, &present_length) == 0 &&
	       present_length == length && memcmp(present, text, length) == 0;
}

int policy_file_write(const char *directory, const char *file, const char *text, size_t length,
		      bool force, enum policy_file_result *result)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", directory, file) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	CLEANUP_CLOSE int present = file_open(path, O_RDONLY | O_NONBLOCK);
	if (present < 0 && errno != ENOENT)
		return -errno;
	if (present >= 0) {
		bool same = policy_file_has_text(present, text, length);
		if (same || !force) {
			*result = same ? POLICY_FILE_SAME : POLICY_FILE_KEPT;
			return 0;
		}
	}
	int error = file_write(path, text, length, force ? FILE_WRITE_REPLACE : FILE_WRITE_NEW);
	if (error == -EEXIST) {
		*result = POLICY_FILE_KEPT;
		return 0;
	}
	if (!error)
		*result = present >= 0 ? POLICY_FILE_REPLACED : POLICY_FILE_WRITTEN;
	return error;
}
