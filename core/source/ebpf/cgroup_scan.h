/* SPDX-License-Identifier: Apache-2.0 */
/* The cgroup v2 hierarchy as it is now: where it is mounted, and which cgroups it has. */
#ifndef POLECAT_CORE_SOURCE_EBPF_CGROUP_SCAN_H
#define POLECAT_CORE_SOURCE_EBPF_CGROUP_SCAN_H

#include <stddef.h>
#include <stdint.h>

/* Deeper than any nesting of runtimes, and wider than any node; what lies beyond is not walked. */
#define CGROUP_SCAN_DEPTH_MAX 48
#define CGROUP_SCAN_COUNT_MAX 100000

/*
 * One cgroup. path is relative to the mount and begins with '/' ("/" is the mount's own directory),
 * valid during the call. A result other than 0 ends the walk and is returned by cgroup_scan.
 */
typedef int cgroup_scan_callback(uint64_t cgroup_id, const char *path, void *data);

/*
 * Finds the directory where cgroup v2 is mounted, reading `mountinfo` (format: proc(5)): hybrid
 * hosts have it below /sys/fs/cgroup, and others anywhere. root (NULL: none) is put before the
 * mount's path: the host's file system as a container sees it. A mount that shows the whole
 * hierarchy is taken before one that shows a part of it; a mount that something else now hides (`ip
 * netns exec` mounts a new /sys) is passed over.
 *
 * mountinfo NULL, root NULL: as this process sees it; and where that is nothing, or only a part (a
 * container with a cgroup namespace of its own), as the first process of this pid namespace sees
 * it, if that is more.
 *
 * 0: *out is an open directory (close-on-exec; the caller closes it), and, if path is not NULL,
 * path has its name with root, cut at `size`. -ENOENT: no cgroup v2 that can be seen; what open(2)
 * says of the mountinfo file. Any thread.
 */
int cgroup_scan_open_mount(const char *mountinfo, const char *root, int *out, char *path,
			   size_t size);

/*
 * Calls back for every cgroup below (and including) the mount that cgroup_scan_open_mount finds,
 * parents before their children. Cgroups that go while it walks, or that may not be read, are
 * passed over.
 *
 * The id is the inode number of the cgroup's directory. A kernfs node's id is what
 * bpf_get_current_cgroup_id and name_to_handle_at give for a cgroup v2, and since Linux 5.5 the
 * file system shows it as the inode number wherever ino_t has 64 bits (kernfs_ino,
 * include/linux/kernfs.h). stat needs no privilege and no file handles, which sandboxes tend to
 * forbid; hence not name_to_handle_at.
 *
 * 0; -E2BIG when a bound was met (the rest was called back for); what cgroup_scan_open_mount says;
 * what the callback returned. Any thread; blocks on a file system without a disk only.
 */
int cgroup_scan(const char *mountinfo, const char *root, cgroup_scan_callback *callback,
		void *data);

#endif
