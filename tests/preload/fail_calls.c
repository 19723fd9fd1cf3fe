/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A library for LD_PRELOAD that counts the system calls of a program on the files below one folder,
 * and lets one of them fail. Settings, in the environment:
 *
 *   POLECAT_CALLS_FOLDER  the folder, as an absolute path without links
 *   POLECAT_CALLS_FROM    number of the first call that is changed; the first one has number 1.
 *                         0, or not set: none is changed
 *   POLECAT_CALLS_COUNT   how many calls are changed from there on; 0: all. Default: 1
 *   POLECAT_CALLS_ACTION  the change (default: kill)
 *       kill     ends the program before the call
 *       torn     ends the program after the first half of a write, and before any other call
 *       short    lets reads and writes do only their first half
 *       NUMBER   lets the call fail with this errno. A write and a read with EINTR (4) only
 *   POLECAT_CALLS_TOTAL   a file to which the number of calls is written at the end
 *
 * Counts the calls that the program makes through the C library: open, read, write, fsync, close,
 * ftruncate, fchmod, rename, link, unlink and mkdir. Needs glibc.
 */
#define _GNU_SOURCE /* RTLD_NEXT */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum change {
	CHANGE_NONE = 0,
	CHANGE_HALF,
	CHANGE_TORN,
	CHANGE_FAIL,
};

static atomic_ulong calls;
static unsigned long first;
static unsigned long changed = 1;
static const char *action = "kill";
static const char *folder;
static int total = -1;

static unsigned long setting(const char *name, unsigned long otherwise)
{
	const char *value = getenv(name);

	return value ? strtoul(value, NULL, 10) : otherwise;
}

__attribute__((constructor)) static void read_settings(void)
{
	const char *chosen = getenv("POLECAT_CALLS_ACTION");

	folder = getenv("POLECAT_CALLS_FOLDER");
	first = setting("POLECAT_CALLS_FROM", 0);
	changed = setting("POLECAT_CALLS_COUNT", 1);
	action = chosen ? chosen : "kill";
	/* The program may give up the right to create files. */
	const char *path = getenv("POLECAT_CALLS_TOTAL");
	if (path)
		total = creat(path, 0644);
}

__attribute__((destructor)) static void write_total(void)
{
	if (total >= 0)
		dprintf(total, "%lu\n", atomic_load(&calls));
}

static bool is_below(const char *path)
{
	return folder && path && strncmp(path, folder, strlen(folder)) == 0;
}

static bool is_open_below(int fd)
{
	char link[64];
	char path[PATH_MAX];
	int saved = errno;

	if (!folder)
		return false;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t length = readlink(link, path, sizeof(path) - 1);
	errno = saved;
	if (length < 0)
		return false;
	path[length] = '\0';
	return is_below(path);
}

/* Counts a call and returns its change. `transfers` is set for reads and writes. Sets errno for
 * CHANGE_FAIL. */
static enum change count_call(bool transfers)
{
	unsigned long number = atomic_fetch_add(&calls, 1) + 1;

	if (first == 0 || number < first || (changed > 0 && number - first >= changed))
		return CHANGE_NONE;
	if (strcmp(action, "short") == 0)
		return transfers ? CHANGE_HALF : CHANGE_NONE;
	if (strcmp(action, "torn") == 0 && transfers)
		return CHANGE_TORN;
	if (strcmp(action, "kill") == 0 || strcmp(action, "torn") == 0)
		raise(SIGKILL);
	int error = (int)strtol(action, NULL, 10);
	if (error == EINTR && !transfers)
		return CHANGE_NONE;
	errno = error;
	return CHANGE_FAIL;
}

/* Declares `next`, the function that this library replaces. */
#define NEXT(result, name, ...)      \
	result (*next)(__VA_ARGS__); \
	*(void **)&next = dlsym(RTLD_NEXT, name)

static size_t half(size_t size)
{
	return size > 1 ? size / 2 : size;
}

/* The headers of glibc name parameters with leading underscores, and declare some of these
 * functions only with _FORTIFY_SOURCE.
 * NOLINTBEGIN(readability-inconsistent-declaration-parameter-name)
 * NOLINTBEGIN(readability-redundant-declaration) */
int __open_2(const char *path, int flags);
ssize_t __read_chk(int fd, void *bytes, size_t size, size_t room);

ssize_t write(int fd, const void *bytes, size_t size)
{
	NEXT(ssize_t, "write", int, const void *, size_t);
	enum change change = is_open_below(fd) ? count_call(true) : CHANGE_NONE;

	if (change == CHANGE_FAIL)
		return -1;
	ssize_t written = next(fd, bytes, change == CHANGE_NONE ? size : half(size));
	if (change == CHANGE_TORN)
		raise(SIGKILL);
	return written;
}

ssize_t read(int fd, void *bytes, size_t size)
{
	NEXT(ssize_t, "read", int, void *, size_t);
	enum change change = is_open_below(fd) ? count_call(true) : CHANGE_NONE;

	if (change == CHANGE_TORN)
		raise(SIGKILL);
	if (change == CHANGE_FAIL)
		return -1;
	return next(fd, bytes, change == CHANGE_HALF ? half(size) : size);
}

ssize_t __read_chk(int fd, void *bytes, size_t size, size_t room)
{
	if (size > room)
		abort();
	return read(fd, bytes, size);
}

int open(const char *path, int flags, ...)
{
	NEXT(int, "open", const char *, int, ...);
	va_list arguments;

	va_start(arguments, flags);
	mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
	va_end(arguments);
	if (is_below(path) && count_call(false) == CHANGE_FAIL)
		return -1;
	return next(path, flags, mode);
}

int __open_2(const char *path, int flags)
{
	return open(path, flags);
}

/* Functions with one descriptor or path decide by it, those with two by the first path. */
int fsync(int fd)
{
	NEXT(int, "fsync", int);

	return is_open_below(fd) && count_call(false) == CHANGE_FAIL ? -1 : next(fd);
}

int close(int fd)
{
	NEXT(int, "close", int);
	bool fails = is_open_below(fd) && count_call(false) == CHANGE_FAIL;
	int error = errno;
	int result = next(fd);

	if (fails)
		errno = error;
	return fails ? -1 : result;
}

int ftruncate(int fd, off_t length)
{
	NEXT(int, "ftruncate", int, off_t);

	return is_open_below(fd) && count_call(false) == CHANGE_FAIL ? -1 : next(fd, length);
}

int fchmod(int fd, mode_t mode)
{
	NEXT(int, "fchmod", int, mode_t);

	return is_open_below(fd) && count_call(false) == CHANGE_FAIL ? -1 : next(fd, mode);
}

int rename(const char *from, const char *to)
{
	NEXT(int, "rename", const char *, const char *);

	return is_below(from) && count_call(false) == CHANGE_FAIL ? -1 : next(from, to);
}

int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned int flags)
{
	NEXT(int, "renameat2", int, const char *, int, const char *, unsigned int);

	if (is_below(from) && count_call(false) == CHANGE_FAIL)
		return -1;
	return next(from_folder, from, to_folder, to, flags);
}

int link(const char *from, const char *to)
{
	NEXT(int, "link", const char *, const char *);

	return is_below(from) && count_call(false) == CHANGE_FAIL ? -1 : next(from, to);
}

int unlink(const char *path)
{
	NEXT(int, "unlink", const char *);

	return is_below(path) && count_call(false) == CHANGE_FAIL ? -1 : next(path);
}

int mkdir(const char *path, mode_t mode)
{
	NEXT(int, "mkdir", const char *, mode_t);

	return is_below(path) && count_call(false) == CHANGE_FAIL ? -1 : next(path, mode);
}
/* NOLINTEND(readability-redundant-declaration) */
/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
