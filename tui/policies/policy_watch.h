/* SPDX-License-Identifier: Apache-2.0 */
/* Notices that files of policies were saved, added or removed, with inotify(7). */
#ifndef POLECAT_TUI_POLICIES_POLICY_WATCH_H
#define POLECAT_TUI_POLICIES_POLICY_WATCH_H

#include <stdbool.h>
#include <stddef.h>

struct policy_watch_entry;

/* Close with policy_watch_close. */
struct policy_watch {
	int fd; /* of inotify; -1: nothing is watched */
	struct policy_watch_entry *entries;
	size_t count;
	size_t capacity;
};

/*
 * Watches the files and folders of `paths`, which are those of netpol_load_paths. Editors replace a
 * file with another one, so the folder of a file is watched, too. Returns 0 or -errno, with the
 * watch closed; -ENOTSUP: a path is standard input, a pipe or a device, which can be read only
 * once.
 */
int policy_watch_open(struct policy_watch *watch, const char *const *paths, size_t count);
void policy_watch_close(struct policy_watch *watch);

/* Returns whether a path of netpol_load_paths can be read only once: standard input, a pipe, or a
 * descriptor of the process. */
bool policy_watch_is_stream(const char *path);

/* Returns true if a watched file has changed since the last call. After a change of the folders,
 * open the watch again to see files in new folders. Does not wait. */
bool policy_watch_changed(struct policy_watch *watch);

#endif
