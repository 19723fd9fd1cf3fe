/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/policies/policy_watch.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/array.h"
#include "core/base/caller.h"
#include "core/base/cleanup.h"
#include "tui/policies/netpol_load.h"

/* A file is complete when its writer closes it, or when it is moved into place. */
#define EVENTS (IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_ONLYDIR)

/* The kubelet changes all files of a mounted ConfigMap or Secret at once: it renames a new symbolic
 * link to this one. The files of the folder are links through it. Source: kubernetes
 * pkg/volume/util/atomic_writer.go. */
#define ATOMIC_LINK "..data"

/* A watched folder. */
struct policy_watch_entry {
	int id;     /* of inotify_add_watch */
	char *name; /* the one file in it that matters; NULL: all that netpol_load_paths reads */
};

static int policy_watch_add(struct policy_watch *watch, const char *folder, const char *name)
{
	CLEANUP_FREE char *copy = name ? strdup(name) : NULL;

	if ((name && !copy) || ARRAY_RESERVE(watch->entries, watch->capacity, watch->count + 1))
		return -ENOMEM;
	int id = inotify_add_watch(watch->fd, folder, EVENTS);
	if (id < 0)
		return -errno;
	watch->entries[watch->count++] = (struct policy_watch_entry){id, STEAL(copy)};
	return 0;
}

/* Watches the folder of a file for changes of this file. */
static int policy_watch_add_name(struct policy_watch *watch, const char *path)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX];

	if (!slash)
		return policy_watch_add(watch, ".", path);
	snprintf(folder, sizeof(folder), "%.*s", slash == path ? 1 : (int)(slash - path), path);
	return policy_watch_add(watch, folder, slash + 1);
}

/* Watches a file. If it is a symbolic link, also watches its target, which can change alone. */
static int policy_watch_add_file(struct policy_watch *watch, const char *path)
{
	CLEANUP_FREE char *target = NULL;
	struct stat status;
	int error = policy_watch_add_name(watch, path);

	if (error || lstat(path, &status) || !S_ISLNK(status.st_mode))
		return error;
	target = realpath(path, NULL);
	/* A dangling link is noticed when it is replaced. */
	return target ? policy_watch_add_name(watch, target) : 0;
}

/* Watches a folder with its folders, as deep as netpol_load_paths reads. */
static int policy_watch_add_folder(struct policy_watch *watch, const char *folder,
				   unsigned int depth)
{
	int error = policy_watch_add(watch, folder, NULL);
	DIR *directory = error ? NULL : opendir(folder);
	const struct dirent *entry;

	while (directory && !error && depth < NETPOL_LOAD_DEPTH_MAX &&
	       (entry = readdir(directory))) {
		char path[PATH_MAX];
		struct stat status;
		if (entry->d_name[0] == '.' ||
		    snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name) >=
			    (int)sizeof(path) ||
		    lstat(path, &status))
			continue;
		if (S_ISDIR(status.st_mode))
			error = policy_watch_add_folder(watch, path, depth + 1);
		else if (S_ISLNK(status.st_mode) && netpol_load_reads(entry->d_name))
			error = policy_watch_add_file(watch, path);
	}
	if (directory)
		closedir(directory);
	return error;
}

bool policy_watch_is_stream(const char *path)
{
	struct stat status;

	return netpol_load_is_stream(path) ||
	       (stat(path, &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode));
}

static int policy_watch_add_path(struct policy_watch *watch, const char *path)
{
	struct stat status;

	if (policy_watch_is_stream(path))
		return -ENOTSUP;
	if (stat(path, &status))
		return -errno;
	if (S_ISDIR(status.st_mode))
		return policy_watch_add_folder(watch, path, 0);
	return policy_watch_add_file(watch, path);
}

int policy_watch_open(struct policy_watch *watch, const char *const *paths, size_t count)
{
	int error = 0;

	*watch = (struct policy_watch){.fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC)};
	if (watch->fd < 0)
		return -errno;
	for (size_t i = 0; i < count && !error; i++) {
		bool entered = caller_enter_for(paths[i]);
		error = policy_watch_add_path(watch, paths[i]);
		if (entered)
			caller_leave();
	}
	if (error)
		policy_watch_close(watch);
	return error;
}

void policy_watch_close(struct policy_watch *watch)
{
	if (watch->fd >= 0)
		close(watch->fd);
	for (size_t i = 0; i < watch->count; i++)
		free(watch->entries[i].name);
	free(watch->entries);
	*watch = (struct policy_watch){.fd = -1};
}

static bool policy_watch_matters(const struct policy_watch *watch,
				 const struct inotify_event *event)
{
	/* If events were dropped, any file may have changed. IN_IGNORED: the folder is gone. */
	if (event->mask & (IN_Q_OVERFLOW | IN_IGNORED))
		return true;
	/* A new file is still empty. Another event follows when it is closed. */
	if (event->mask & IN_CREATE && !(event->mask & IN_ISDIR))
		return false;
	for (size_t i = 0; i < watch->count && event->len > 0; i++) {
		const struct policy_watch_entry *entry = &watch->entries[i];
		if (entry->id != event->wd)
			continue;
		if (strcmp(event->name, ATOMIC_LINK) == 0)
			return true;
		if (entry->name ? strcmp(entry->name, event->name) == 0
				: event->name[0] != '.' && (event->mask & IN_ISDIR ||
							    netpol_load_reads(event->name)))
			return true;
	}
	return false;
}

bool policy_watch_changed(struct policy_watch *watch)
{
	char buffer[16 * (sizeof(struct inotify_event) + NAME_MAX + 1)]
		__attribute__((aligned(__alignof__(struct inotify_event))));
	bool changed = false;
	ssize_t length;

	if (watch->fd < 0)
		return false;
	while ((length = read(watch->fd, buffer, sizeof(buffer))) > 0) {
		for (const char *at = buffer; at < buffer + length;) {
			const struct inotify_event *event = (const void *)at;
			changed |= policy_watch_matters(watch, event);
			at += sizeof(*event) + event->len;
		}
	}
	return changed;
}
