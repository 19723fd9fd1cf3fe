/* SPDX-License-Identifier: Apache-2.0 */
/* A file in memory for fuzzers of functions that take a path. */
#ifndef POLECAT_TESTS_FUZZ_FUZZ_FILE_H
#define POLECAT_TESTS_FUZZ_FUZZ_FILE_H

#include <linux/memfd.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/base/file.h"
#include "tests/fuzz/fuzz.h"

/* A file with the bytes of an input: a regular file in memory, and its path. Zero-initialise. */
struct fuzz_file {
	int fd;
	char path[32];
};

static inline void fuzz_file_open(struct fuzz_file *file, const void *bytes, size_t size)
{
	file->fd = (int)syscall(SYS_memfd_create, "fuzz", MFD_CLOEXEC);
	must(file->fd >= 0 && file_write_all(file->fd, bytes, size) == 0 &&
	     lseek(file->fd, 0, SEEK_SET) == 0);
	snprintf(file->path, sizeof(file->path), "/proc/self/fd/%d", file->fd);
}

static inline void fuzz_file_close(struct fuzz_file *file)
{
	close(file->fd);
}

#endif
