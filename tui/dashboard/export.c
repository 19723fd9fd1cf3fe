/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* renameat2 */
#include "tui/dashboard/export.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/cleanup.h"

#define TEMPORARY_TRIES 100

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
	return 0;
}

/* Opens a file that nobody has, beside path. *name gets its name. The descriptor or -errno. */
static int open_temporary(const char *path, char name[PATH_MAX])
{
	const char *slash = strrchr(path, '/');
	int folder = slash ? (int)(slash - path) + 1 : 0;

	for (int i = 0; i < TEMPORARY_TRIES; i++) {
		int fd;

		if (snprintf(name, PATH_MAX, "%.*s.%s.%ld.%d", folder, path, path + folder,
			     (long)getpid(), i) >= PATH_MAX)
			return -ENAMETOOLONG;
		fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
		if (fd >= 0)
			return fd;
		if (errno != EEXIST)
			return -errno;
	}
	return -EEXIST;
}

/* Without RENAME_NOREPLACE (some file systems have none) a hard link does the same. */
static int publish(const char *temporary, const char *path, bool replace)
{
	if (replace)
		return rename(temporary, path) ? -errno : 0;
	if (renameat2(AT_FDCWD, temporary, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -errno;
	if (link(temporary, path))
		return -errno;
	unlink(temporary);
	return 0;
}

static void sync_folder(const char *path)
{
	char folder[PATH_MAX];
	char *slash;
	CLEANUP_CLOSE int fd = -1;

	snprintf(folder, sizeof(folder), "%s", path);
	slash = strrchr(folder, '/');
	if (slash)
		slash[slash == folder ? 1 : 0] = '\0';
	fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* The file is written; that its name survives a power cut is asked for, and no more can be
	 * done. */
	if (fd >= 0)
		fsync(fd);
}

int export_write(const char *path, const char *text, size_t length, bool replace)
{
	char temporary[PATH_MAX];
	struct stat status;
	int fd;
	int err;

	if (!*path)
		return -ENOENT;
	if (lstat(path, &status) == 0) {
		if (S_ISDIR(status.st_mode))
			return -EISDIR;
		if (!replace)
			return -EEXIST;
	}
	fd = open_temporary(path, temporary);
	if (fd < 0)
		return fd;
	err = write_all(fd, text, length);
	if (!err && fsync(fd))
		err = -errno;
	if (close(fd) && !err)
		err = -errno;
	if (!err)
		err = publish(temporary, path, replace);
	if (err)
		unlink(temporary);
	else
		sync_folder(path);
	return err;
}

void export_clean_name(char *name)
{
	for (char *at = name; *at; at++) {
		bool plain = isalnum((unsigned char)*at) || *at == '.' || *at == '_';

		if (!plain || (at == name && *at == '.'))
			*at = '-';
	}
}
