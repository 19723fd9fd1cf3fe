/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* renameat2 */
#include "core/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/buffer.h"
#include "core/base/caller.h"
#include "core/base/cleanup.h"

#define FILE_READ_BLOCK 65536
/* The longest wait for the data of a pipe. */
#define FILE_READ_TIMEOUT_MS 5000
#define FILE_TEMPORARY_TRIES 100

int file_write_all(int fd, const void *bytes, size_t length)
{
	const char *at = bytes;

	while (length > 0) {
		ssize_t written = write(fd, at, length);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -errno;
		at += written;
		length -= (size_t)written;
	}
	return 0;
}

/* Returns the length of a path's folder, its slash included; 0: the current folder. */
static int file_folder_length(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (int)(slash - path) + 1 : 0;
}

/* Creates a file in the folder of `path` with the permissions of `mode` less the umask, and writes
 * the new file's name to `name`. Returns the descriptor or -errno. */
static int file_open_temporary(const char *path, mode_t mode, char name[PATH_MAX])
{
	for (int i = 0; i < FILE_TEMPORARY_TRIES; i++) {
		if (snprintf(name, PATH_MAX, "%.*s.polecat-%ld-%d", file_folder_length(path), path,
			     (long)getpid(), i) >= PATH_MAX)
			return -ENAMETOOLONG;
		int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
		if (fd >= 0)
			return fd;
		if (errno != EEXIST)
			return -errno;
	}
	return -EEXIST;
}

/* Renames the temporary file to `path`, which must be a new name. For file systems that have
 * neither RENAME_NOREPLACE nor hard links: takes the name with an empty file, and replaces this
 * file. */
static int file_publish_without_links(const char *temporary, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return -errno;
	close(fd);
	if (rename(temporary, path) == 0)
		return 0;
	int error = -errno;
	unlink(path);
	return error;
}

/* Renames the temporary file to `path`. Uses a hard link on file systems without
 * RENAME_NOREPLACE. */
static int file_publish(const char *temporary, const char *path, enum file_write_mode mode)
{
	if (mode == FILE_WRITE_REPLACE)
		return rename(temporary, path) ? -errno : 0;
	if (renameat2(AT_FDCWD, temporary, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -errno;
	if (link(temporary, path) == 0) {
		unlink(temporary);
		return 0;
	}
	return errno == EEXIST ? -EEXIST : file_publish_without_links(temporary, path);
}

/* Syncs the folder, so that the new name survives a power failure. Ignores errors, because the file
 * is complete without the sync. */
static void file_sync_folder(const char *path)
{
	char folder[PATH_MAX];
	int length = file_folder_length(path);

	snprintf(folder, sizeof(folder), "%.*s", length ? length : 1, length ? path : ".");
	CLEANUP_CLOSE int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		fsync(fd);
}

static int file_write_once(const char *path, const void *bytes, size_t length,
			   enum file_write_mode mode)
{
	char temporary[PATH_MAX];
	bool keeps_mode = false;
	mode_t permissions = 0666;
	struct stat status;

	if (!*path)
		return -ENOENT;
	if (lstat(path, &status) == 0) {
		if (S_ISDIR(status.st_mode))
			return -EISDIR;
		if (mode == FILE_WRITE_NEW)
			return -EEXIST;
		keeps_mode = S_ISREG(status.st_mode);
	}
	if (keeps_mode)
		permissions = status.st_mode & 0777;
	int fd = file_open_temporary(path, permissions, temporary);
	if (fd < 0)
		return fd;
	/* The umask may have removed permissions that the replaced file has. */
	int error = keeps_mode && fchmod(fd, permissions) ? -errno : 0;
	if (!error)
		error = file_write_all(fd, bytes, length);
	if (!error && fsync(fd))
		error = -errno;
	if (close(fd) && !error)
		error = -errno;
	if (!error)
		error = file_publish(temporary, path, mode);
	if (error)
		unlink(temporary);
	else
		file_sync_folder(path);
	return error;
}

int file_write(const char *path, const void *bytes, size_t length, enum file_write_mode mode)
{
	int error = file_write_once(path, bytes, length, mode);

	if (caller_enter(error)) {
		error = file_write_once(path, bytes, length, mode);
		caller_leave();
	}
	return error;
}

int file_open(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC | O_NOCTTY);

	if (fd < 0 && caller_enter(-errno)) {
		fd = open(path, flags | O_CLOEXEC | O_NOCTTY);
		caller_leave();
	}
	return fd;
}

/* Waits until a pipe has data or ends. Returns 0, -ETIMEDOUT or -errno. */
static int file_wait_readable(int fd)
{
	struct pollfd polled = {.fd = fd, .events = POLLIN};
	int ready = poll(&polled, 1, FILE_READ_TIMEOUT_MS);

	if (ready == 0)
		return -ETIMEDOUT;
	return ready < 0 && errno != EINTR ? -errno : 0;
}

int file_read_all(int fd, size_t limit, char **text, size_t *length)
{
	CLEANUP_BUFFER struct buffer buffer = {0};

	for (;;) {
		if (buffer_reserve(&buffer, FILE_READ_BLOCK))
			return buffer.error;
		ssize_t got = read(fd, buffer.data + buffer.length, FILE_READ_BLOCK);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == EAGAIN) {
			int error = file_wait_readable(fd);
			if (error)
				return error;
			continue;
		}
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		buffer.length += (size_t)got;
		buffer.data[buffer.length] = '\0';
		if (buffer.length > limit)
			return -EFBIG;
	}
	return buffer_steal(&buffer, text, length);
}

int file_read(const char *path, size_t limit, char **text, size_t *length)
{
	CLEANUP_CLOSE int fd = file_open(path, O_RDONLY | O_NONBLOCK);

	return fd < 0 ? -errno : file_read_all(fd, limit, text, length);
}

int file_read_regular(const char *path, size_t limit, char **text, size_t *length)
{
	CLEANUP_CLOSE int fd = file_open(path, O_RDONLY | O_NONBLOCK);
	struct stat status;

	if (fd < 0 || fstat(fd, &status))
		return -errno;
	return S_ISREG(status.st_mode) ? file_read_all(fd, limit, text, length) : -EOPNOTSUPP;
}
