/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/ebpf/cgroup_scan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "core/base/cleanup.h"

/* The inode number of the root cgroup, which is the first node of the hierarchy's kernfs. */
#define ROOT_CGROUP_ID 1

_Static_assert(sizeof(ino_t) == 8, "a shorter inode number is not the cgroup's id");

/* A cgroup2 line of mountinfo. */
struct cgroup_mount {
	dev_t device;
	bool whole; /* it shows this process's whole cgroup namespace, or more */
	const char *point;
};

struct cgroup_scan {
	cgroup_scan_callback *callback;
	void *data;
	cgroup_scan_open *open; /* NULL: skip a cgroup that may not be read */
	size_t count;
	size_t length; /* bytes in `path` */
	bool bound_met;
	char path[PATH_MAX];
};

const char *cgroup_scan_explain_missing(const char *mountinfo)
{
	CLEANUP_FCLOSE FILE *file = fopen(mountinfo ? mountinfo : "/proc/self/mountinfo", "re");
	CLEANUP_FREE char *line = NULL;
	size_t capacity = 0;

	while (file && getline(&line, &capacity, file) >= 0) {
		if (strstr(line, " - cgroup "))
			return "not mounted, only cgroup v1 is: containers look like the host's "
			       "own "
			       "processes, and UDP is not watched; boot with "
			       "systemd.unified_cgroup_hierarchy=1, or mount -t cgroup2 none DIR "
			       "before the containers start";
	}
	return "not mounted where it can be seen: containers that run already have no names, and "
	       "UDP is not watched; mount -t cgroup2 none DIR";
}

static bool cgroup_is_octal(char byte)
{
	return byte >= '0' && byte <= '7';
}

/* Decodes, in place, the backslash and three octal digits that mountinfo writes for white space and
 * backslashes (fs/proc_namespace.c). */
static void cgroup_unescape_octal(char *text)
{
	char *out = text;

	while (*text) {
		if (text[0] == '\\' && cgroup_is_octal(text[1]) && cgroup_is_octal(text[2]) &&
		    cgroup_is_octal(text[3])) {
			*out++ = (char)((text[1] - '0') * 64 + (text[2] - '0') * 8 +
					(text[3] - '0'));
			text += 4;
		} else {
			*out++ = *text++;
		}
	}
	*out = '\0';
}

/* Returns true if the root of a mount is "/..", "/../.." and so on. This is how mountinfo shows a
 * root that is above the root of this process's cgroup namespace. */
static bool cgroup_is_above(const char *root)
{
	while (strncmp(root, "/..", 3) == 0)
		root += 3;
	return *root == '\0';
}

/* Parses a line of mountinfo, in place: ID PARENT MAJOR:MINOR ROOT POINT OPTIONS [TAGS…] - TYPE
 * SOURCE OPTIONS. Returns false if the line is not a cgroup2 mount. */
static bool cgroup_parse_mount(char *line, struct cgroup_mount *out)
{
	char *rest = NULL;
	char *fields[5];
	unsigned int major_number;
	unsigned int minor_number;

	for (size_t i = 0; i < 5; i++) {
		fields[i] = strtok_r(i == 0 ? line : NULL, " \n", &rest);
		if (!fields[i])
			return false;
	}
	const char *separator = rest ? strstr(rest, " - ") : NULL;
	if (!separator || strncmp(separator + 3, "cgroup2 ", 8) != 0)
		return false;
	if (sscanf(fields[2], "%u:%u", &major_number, &minor_number) != 2)
		return false;
	cgroup_unescape_octal(fields[4]);
	out->device = makedev(major_number, minor_number);
	out->whole = strcmp(fields[3], "/") == 0 || cgroup_is_above(fields[3]);
	out->point = fields[4];
	return true;
}

/* Opens the mount's directory. Returns -1 on an error, or if another mount hides the directory. */
static int cgroup_open_mount(const struct cgroup_mount *mount, const char *root, char *path,
			     size_t size)
{
	char full[PATH_MAX];
	struct stat status;
	int length = snprintf(full, sizeof(full), "%s%s", root ? root : "", mount->point);

	if (length < 0 || (size_t)length >= sizeof(full))
		return -1;
	int fd = open(full, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (fstat(fd, &status) != 0 || status.st_dev != mount->device) {
		close(fd);
		return -1;
	}
	if (path)
		snprintf(path, size, "%s", full);
	return fd;
}

static int cgroup_open_mount_of(const char *mountinfo, const char *root, int *out, char *path,
				size_t size)
{
	CLEANUP_FCLOSE FILE *file = fopen(mountinfo, "re");
	CLEANUP_FREE char *line = NULL;
	size_t capacity = 0;
	int found = -1;
	struct cgroup_mount mount;

	if (!file)
		return -errno;
	while (getline(&line, &capacity, file) >= 0) {
		if (!cgroup_parse_mount(line, &mount) || (found >= 0 && !mount.whole))
			continue;
		int fd = cgroup_open_mount(&mount, root, path, size);
		if (fd < 0)
			continue;
		if (found >= 0)
			close(found);
		found = fd;
		if (mount.whole)
			break;
	}
	if (found < 0)
		return -ENOENT;
	*out = found;
	return 0;
}

static bool cgroup_is_root_cgroup(int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 && status.st_ino == ROOT_CGROUP_ID;
}

int cgroup_scan_open_mount(const char *mountinfo, const char *root, int *out, char *path,
			   size_t size)
{
	char first_path[PATH_MAX];
	int found = -1;
	CLEANUP_CLOSE int other = -1;
	int error = cgroup_open_mount_of(mountinfo ? mountinfo : "/proc/self/mountinfo", root,
					 &found, path, size);

	if (!mountinfo && !root && (error || !cgroup_is_root_cgroup(found)) &&
	    cgroup_open_mount_of("/proc/1/mountinfo", "/proc/1/root", &other, first_path,
				 sizeof(first_path)) == 0 &&
	    (error || cgroup_is_root_cgroup(other))) {
		int own = found;
		found = other;
		other = own;
		error = 0;
		if (path)
			snprintf(path, size, "%s", first_path);
	}
	if (!error)
		*out = found;
	return error;
}

static int cgroup_scan_directory(struct cgroup_scan *scan, int fd, unsigned int depth);

/* Opens an entry of a directory. Returns -1 with errno. */
static int cgroup_scan_open_entry(const struct cgroup_scan *scan, int parent, const char *name)
{
	struct stat status;
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd >= 0 || errno != EACCES || !scan->open ||
	    fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW))
		return fd;
	fd = scan->open(status.st_ino, scan->data);
	if (fd < 0)
		errno = -fd;
	return fd < 0 ? -1 : fd;
}

/* Walks into one entry of a directory. Cgroups are the entries that are directories. */
static int cgroup_scan_entry(struct cgroup_scan *scan, int parent, const struct dirent *entry,
			     unsigned int depth)
{
	size_t name_length = strlen(entry->d_name);
	size_t parent_length = scan->length;

	if (entry->d_type != DT_DIR && entry->d_type != DT_UNKNOWN)
		return 0;
	if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
		return 0;
	if (depth >= CGROUP_SCAN_DEPTH_MAX || scan->count >= CGROUP_SCAN_COUNT_MAX ||
	    parent_length + 1 + name_length >= sizeof(scan->path)) {
		scan->bound_met = true;
		return 0;
	}
	int fd = cgroup_scan_open_entry(scan, parent, entry->d_name);
	if (fd < 0)
		return errno == EMFILE || errno == ENFILE || errno == ENOMEM ? -errno : 0;

	scan->path[parent_length] = '/';
	memcpy(scan->path + parent_length + 1, entry->d_name, name_length + 1);
	scan->length = parent_length + 1 + name_length;
	int result = cgroup_scan_directory(scan, fd, depth + 1);
	scan->length = parent_length;
	scan->path[parent_length] = '\0';
	return result;
}

/* Calls back for the directory and for the cgroups below it. Closes fd. Recurses at most
 * CGROUP_SCAN_DEPTH_MAX levels. */
static int cgroup_scan_directory(struct cgroup_scan *scan, int fd, unsigned int depth)
{
	struct stat status;
	DIR *directory = NULL;
	int result = 0;

	if (fstat(fd, &status) == 0) {
		scan->count++;
		result = scan->callback(status.st_ino, scan->length ? scan->path : "/", scan->data);
		directory = result == 0 ? fdopendir(fd) : NULL;
	}
	if (!directory) {
		close(fd);
		if (result != CGROUP_SCAN_SKIP)
			return result;
		scan->count--;
		return 0;
	}
	for (const struct dirent *entry; result == 0 && (entry = readdir(directory));)
		result = cgroup_scan_entry(scan, fd, entry, depth);
	closedir(directory);
	return result;
}

int cgroup_scan_from(int mount, cgroup_scan_open *open_cgroup, cgroup_scan_callback *callback,
		     void *data)
{
	struct cgroup_scan scan = {.callback = callback, .data = data, .open = open_cgroup};
	int fd = mount < 0 ? -1 : openat(mount, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return mount < 0 ? -ENOENT : -errno;
	int error = cgroup_scan_directory(&scan, fd, 0);
	return error || !scan.bound_met ? error : -E2BIG;
}

int cgroup_scan(const char *mountinfo, const char *root, cgroup_scan_callback *callback, void *data)
{
	CLEANUP_CLOSE int mount = -1;
	int error = cgroup_scan_open_mount(mountinfo, root, &mount, NULL, 0);

	return error ? error : cgroup_scan_from(mount, NULL, callback, data);
}
