/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* mkostemp */
#include "tui/policies/policy_files.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/cleanup.h"

void policy_file_name(const char *namespace_name, const char *name,
		      char file[POLICY_FILE_NAME_SIZE])
{
	bool spaced = namespace_name && namespace_name[0];

	/* 63 is the longest namespace (RFC 1123 label); both together stay within NAME_MAX. */
	snprintf(file, POLICY_FILE_NAME_SIZE, "%.63s%s%.180s.yaml", spaced ? namespace_name : "",
		 spaced ? "-" : "", name);
	for (char *at = file; *at; at++)
		if (!isalnum((unsigned char)*at) && !(strchr("-_.", *at) && at != file))
			*at = '_';
}

int policy_directory_make(const char *directory)
{
	struct stat status;

	if (mkdir(directory, 0777) == 0)
		return 0;
	if (errno != EEXIST)
		return -errno;
	if (stat(directory, &status))
		return -errno;
	return S_ISDIR(status.st_mode) ? 0 : -ENOTDIR;
}

/* True when the open file holds exactly these bytes. */
static bool has_text(int fd, const char *text, size_t length)
{
	char block[4096];
	size_t at = 0;

	for (;;) {
		ssize_t got = read(fd, block, sizeof(block));
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got == 0 && at == length;
		if ((size_t)got > length - at || memcmp(block, text + at, (size_t)got) != 0)
			return false;
		at += (size_t)got;
	}
}

static int write_all(int fd, const char *text, size_t length)
{
	while (length > 0) {
		ssize_t written = write(fd, text, length);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -errno;
		text += written;
		length -= (size_t)written;
	}
	return fsync(fd) ? -errno : 0;
}

/* The permissions that a newly made file would have. */
static mode_t usual_mode(void)
{
	mode_t mask = umask(0);
	umask(mask);
	return 0666 & ~mask;
}

/* link(2) fails where rename(2) would write over what somebody else just put there. */
static int put_in_place(const char *temporary, const char *path, bool replace)
{
	if (replace)
		return rename(temporary, path) ? -errno : 0;
	return link(temporary, path) ? -errno : 0;
}

int policy_file_write(const char *directory, const char *file, const char *text, size_t length,
		      bool force, enum policy_file_result *result)
{
	char path[PATH_MAX];
	char temporary[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", directory, file) >= (int)sizeof(path) ||
	    snprintf(temporary, sizeof(temporary), "%s/.polecat-XXXXXX", directory) >=
		    (int)sizeof(temporary))
		return -ENAMETOOLONG;

	CLEANUP_CLOSE int present = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (present < 0 && errno != ENOENT)
		return -errno;
	if (present >= 0) {
		bool same = has_text(present, text, length);
		if (same || !force) {
			*result = same ? POLICY_FILE_SAME : POLICY_FILE_KEPT;
			return 0;
		}
	}

	CLEANUP_CLOSE int fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	int error = write_all(fd, text, length);
	if (!error && fchmod(fd, usual_mode()))
		error = -errno;
	if (!error)
		error = put_in_place(temporary, path, force);
	if (error || !force)
		unlink(temporary);
	if (error == -EEXIST) {
		*result = POLICY_FILE_KEPT;
		return 0;
	}
	if (error)
		return error;
	*result = present >= 0 ? POLICY_FILE_REPLACED : POLICY_FILE_WRITTEN;
	return 0;
}
