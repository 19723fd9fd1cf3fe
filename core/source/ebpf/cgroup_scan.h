/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the mount of cgroup v2 and lists its cgroups. */
#ifndef POLECAT_CORE_SOURCE_EBPF_CGROUP_SCAN_H
#define POLECAT_CORE_SOURCE_EBPF_CGROUP_SCAN_H

#include <stddef.h>
#include <stdint.h>

/* Bounds of the walk: deeper than nested runtimes, and more cgroups than a node has. */
#define CGROUP_SCAN_DEPTH_MAX 48
#define CGROUP_SCAN_COUNT_MAX 100000

/* Gets one cgroup. path is relative to the mount ("/") and valid during the call. A result other
 * than 0 ends the walk, and cgroup_scan returns it. */
typedef int cgroup_scan_callback(uint64_t cgroup_id, const char *path, void *data);

/*
 * Finds the directory where cgroup v2 is mounted, from `mountinfo` (proc(5)): below /sys/fs/cgroup on
 * hybrid hosts, and anywhere on others. root (NULL: none) is the prefix of the mount's path: the
 * host's file system as a container sees it. Prefers a mount of the whole hierarchy to a mount of a
 * part. Skips a mount that another one hides (`ip netns exec` mounts a new /sys).
 *
 * mountinfo NULL and root NULL: the view of this process. If that has no mount, or only a part of
 * the hierarchy (a container with its own cgroup namespace), the view of the first process of this
 * pid namespace, if it has more.
 *
 * 0: *out is an open directory (close-on-exec; the caller closes it), and path, if not NULL, is its
 * name including root, cut to `size`. -ENOENT: no visible cgroup v2; errors of open(2) for the
 * mountinfo file. Any thread.
 */
int cgroup_scan_open_mount(const char *mountinfo, const char *root, int *out, char *path,
			   size_t size);

/*
 * Calls back for the mount that cgroup_scan_open_mount finds and for every cgroup below it, parents
 * before their children. Skips cgroups that vanish during the walk or may not be read.
 *
 * The id is the inode number of the cgroup's directory. Since Linux 5.5 that is the kernfs id, which
 * bpf_get_current_cgroup_id returns, if ino_t has 64 bits (kernfs_ino, include/linux/kernfs.h).
 * name_to_handle_at also returns it, but sandboxes tend to forbid file handles; stat needs no
 * privilege.
 *
 * 0; -E2BIG: a bound was reached, the cgroups within it were called back; errors of
 * cgroup_scan_open_mount; the result of the callback. Any thread; blocks only on a file system
 * without a disk.
 */
int cgroup_scan(const char *mountinfo, const char *root, cgroup_scan_callback *callback,
		void *data);

#endif
