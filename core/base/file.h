/* SPDX-License-Identifier: Apache-2.0 */
/* Writes files completely or not at all, and reads files up to a limit. Functions with a path use
 * the rights of the caller's user (caller.h) where those of polecat do not suffice. Any thread. */
#ifndef POLECAT_CORE_BASE_FILE_H
#define POLECAT_CORE_BASE_FILE_H

#include <stddef.h>

enum file_write_mode {
	FILE_WRITE_NEW = 0, /* fails with -EEXIST if the name exists, even as a dangling link */
	FILE_WRITE_REPLACE, /* replaces a file or a link; the link's target stays as it is */
};

/*
 * Writes `length` bytes to a temporary file in the same folder, syncs it, and renames it to `path`
 * in one step. Readers see the old file or the complete new file. The permissions are those of the
 * replaced file, and 0666 less the umask if there is no such file or if it is a link. Returns 0, or
 * the -errno of the system call that failed (-ENOSPC, -EACCES ...), or -EISDIR if `path` is a
 * folder. Removes the temporary file on failure.
 */
int file_write(const char *path, const void *bytes, size_t length, enum file_write_mode mode);

/* Opens a file that exists, with O_CLOEXEC and O_NOCTTY. Returns the descriptor, or -1 with
 * errno. */
int file_open(const char *path, int flags);

/* Writes all bytes to a blocking descriptor. Returns 0 or -errno; a failure may leave some of the
 * bytes written. */
int file_write_all(int fd, const void *bytes, size_t length);

/*
 * Read a descriptor, or a file, to its end. On success, *text holds the bytes and a NUL, and
 * *length counts the bytes without the NUL. The caller frees *text. Return 0, or -errno with the
 * outputs untouched. The error is -EFBIG if there are more than `limit` bytes. A named pipe that
 * nobody has open for writing is empty; -ETIMEDOUT: nothing came from a pipe for 5 s.
 */
int file_read_all(int fd, size_t limit, char **text, size_t *length);
int file_read(const char *path, size_t limit, char **text, size_t *length);

/* Like file_read, but returns -EOPNOTSUPP for folders, pipes, sockets and devices, and never waits
 * for a writer. */
int file_read_regular(const char *path, size_t limit, char **text, size_t *length);

#endif
