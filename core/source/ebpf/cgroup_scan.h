/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the mount of cgroup v2 and lists its cgroups. */
#ifndef POLECAT_CORE_SOURCE_EBPF_CGROUP_SCAN_H
#define POLECAT_CORE_SOURCE_EBPF_CGROUP_SCAN_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

/* Limits of the walk. No node reaches them, even with nested runtimes. */
#define CGROUP_SCAN_DEPTH_MAX 48
#define CGROUP_SCAN_COUNT_MAX (1u << 20)

/* A result of the callback: do not count this cgroup, and do not walk below it. */
#define CGROUP_SCAN_SKIP INT_MAX

/* Called for each cgroup. path is relative to the mount ("/") and valid during the call. A result
 * other than 0 and CGROUP_SCAN_SKIP ends the walk, and cgroup_scan returns it. */
typedef int cgroup_scan_callback(uint64_t cgroup_id, const char *path, void *data);

/*
 * Finds in `mountinfo` (proc(5)) the directory where cgroup v2 is mounted. Hybrid hosts mount it
 * below /sys/fs/cgroup, other hosts at any path. `root` is the folder in which this process sees
 * the host's file system; the paths in mountinfo are relative to it. NULL: none. Prefers a mount
 * of the whole hierarchy to a mount of a part. Skips a mount that another one hides (`ip netns
 * exec` mounts a new /sys).
 *
 * If mountinfo and root are NULL, uses the mounts of this process. If those have no cgroup v2, or
 * only a part of the hierarchy (a container with its own cgroup namespace), uses the mounts of the
 * first process of this pid namespace, if those show more of the hierarchy.
 *
 * Returns 0, -ENOENT if no cgroup v2 is visible, or an error of open(2) for the mountinfo file.
 * *out is an open directory (close-on-exec), which the caller closes. If path is not NULL, it
 * receives the directory's path, including root, cut to `size` bytes. Any thread.
 */
int cgroup_scan_open_mount(const char *mountinfo, const char *root, int *out, char *path,
			   size_t size);

/* Returns the reason for -ENOENT of cgroup_scan_open_mount, the effect of the missing cgroup v2,
 * and the remedy: a text that follows "cgroup v2 is ". mountinfo as above. Static storage. */
const char *cgroup_scan_explain_missing(const char *mountinfo);

/*
 * Calls back for the mount that cgroup_scan_open_mount finds and for every cgroup below it, parents
 * before their children. Skips cgroups that vanish during the walk or may not be read.
 *
 * The id is the inode number of the cgroup's directory. Since Linux 5.5, if ino_t has 64 bits, that
 * is the kernfs id, which bpf_get_current_cgroup_id returns (kernfs_ino, include/linux/kernfs.h).
 * name_to_handle_at also returns the id, but sandboxes often forbid file handles; stat needs no
 * privilege.
 *
 * Returns 0; -E2BIG if cgroups beyond CGROUP_SCAN_DEPTH_MAX or CGROUP_SCAN_COUNT_MAX were left out;
 * an error of cgroup_scan_open_mount; or the result of the callback. Any thread. The cgroup file
 * system is in memory, so the scan waits for no disk.
 */
int cgroup_scan(const char *mountinfo, const char *root, cgroup_scan_callback *callback,
		void *data);

/* Opens the folder of a cgroup for reading that this process may not read. Returns a descriptor or
 * -errno. */
typedef int cgroup_scan_open(uint64_t cgroup_id, void *data);

/* Like cgroup_scan, for a mount that is open (negative: -ENOENT). If a cgroup may not be read, asks
 * open_cgroup (NULL: skips the cgroup). `data` is for both callbacks. */
int cgroup_scan_from(int mount, cgroup_scan_open *open_cgroup, cgroup_scan_callback *callback,
		     void *data);

#endif
