/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files: written completely or not at all, and read up to a limit. Any thread. */
#ifndef POLECAT_CORE_BASE_FILE_H
#define POLECAT_CORE_BASE_FILE_H

#include <stddef.h>

enum file_write_mode {
	FILE_WRITE_NEW = 0, /* -EEXIST if anything has the name, a dangling link included */
	FILE_WRITE_REPLACE, /* replaces a file or a link; the link's target stays as it is */
};

/*
 * Writes `length` bytes to a file: first to a temporary file in the same folder, which is synced
 * and then takes the name in one step. Readers see the old file or the complete new one. The
 * permissions are 0666 less the umask. Returns 0 or -errno as the failing system call gives it
 * (-ENOSPC, -EACCES, -EISDIR for a folder ...). On failure the temporary file is removed.
 */
int file_write(const char *path, const void *bytes, size_t length, enum file_write_mode mode);

/* Writes all bytes to a blocking descriptor. Returns 0, or -errno after writing some of them. */
int file_write_all(int fd, const void *bytes, size_t length);

/*
 * Reads a descriptor, or a file, to its end. On success *text are the bytes and a NUL, to be freed
 * by the caller, and *length counts them without the NUL. Returns 0, or -errno with the outputs
 * untouched: -EFBIG if there are more than `limit` bytes.
 */
int file_read_all(int fd, size_t limit, char **text, size_t *length);
int file_read(const char *path, size_t limit, char **text, size_t *length);

#endif
