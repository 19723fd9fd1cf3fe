/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/segments/segment_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/array.h"
#include "core/source/stream/record_file.h"

/* The size of a block of most file systems. */
#define BLOCK_SIZE 4096u

void segment_list_clear(struct segment_list *list)
{
	free(list->items);
	*list = (struct segment_list){0};
}

uint64_t segment_size_on_disk(uint64_t size)
{
	return (size + BLOCK_SIZE - 1) / BLOCK_SIZE * BLOCK_SIZE;
}

bool segment_folder_is(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

const char *segment_folder_strerror(int error)
{
	switch (error) {
	case -ELOOP:
		return "a symbolic link, which is not followed; name the folder itself";
	case -EPERM:
		return "it belongs to another user, who could read the recording";
	case -EMLINK:
		return "other users have rights to it; chmod 700 removes these rights";
	case -EWOULDBLOCK:
		return "another process records to it";
	default:
		return strerror(-error);
	}
}

/* Checks that only the effective user has rights to a folder. */
static int segment_folder_check(int folder)
{
	struct stat status;

	if (fstat(folder, &status))
		return -errno;
	if (status.st_uid != geteuid())
		return -EPERM;
	return status.st_mode & (S_IRWXG | S_IRWXO) ? -EMLINK : 0;
}

int segment_folder_make(const char *path)
{
	struct stat status;

	if (mkdir(path, S_IRWXU) && errno != EEXIST)
		return -errno;
	/* With O_DIRECTORY, open(2) returns ENOTDIR for a link. */
	if (lstat(path, &status))
		return -errno;
	if (S_ISLNK(status.st_mode))
		return -ELOOP;
	int folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (folder < 0)
		return -errno;
	int error = segment_folder_check(folder);
	if (!error)
		error = record_file_lock(folder);
	if (!error)
		return folder;
	close(folder);
	return error;
}

static int segment_compare(const void *a, const void *b)
{
	const struct segment_name *one = &((const struct segment *)a)->name;
	const struct segment_name *other = &((const struct segment *)b)->name;

	return (one->number > other->number) - (one->number < other->number);
}

static int segment_list_add(struct segment_list *list, int folder, const char *text)
{
	struct segment segment = {0};
	struct stat status;

	if (!segment_name_parse(text, &segment.name) ||
	    fstatat(folder, text, &status, AT_SYMLINK_NOFOLLOW) || !S_ISREG(status.st_mode))
		return 0;
	segment.size = segment_size_on_disk((uint64_t)status.st_size);
	struct segment *added = ARRAY_ADD(list->items, list->count, list->capacity);
	if (!added)
		return -ENOMEM;
	*added = segment;
	return 0;
}

/* Returns whether `edges` has the events of a segment. */
static bool segment_replaces(const struct segment_name *edges, const struct segment_name *name)
{
	return edges != name && edges->from && edges->from <= name->number &&
	       name->number <= edges->number && (!name->from || edges->from <= name->from);
}

static bool segment_list_is_replaced(const struct segment_list *list,
				     const struct segment_name *name)
{
	for (size_t i = 0; i < list->count; i++) {
		if (segment_replaces(&list->items[i].name, name))
			return true;
	}
	return false;
}

/* Splits a list into the segments that count and those that edges replace. */
static int segment_list_split(const struct segment_list *all, struct segment_list *list,
			      struct segment_list *replaced)
{
	for (size_t i = 0; i < all->count; i++) {
		bool is_replaced = segment_list_is_replaced(all, &all->items[i].name);
		struct segment_list *to = is_replaced ? replaced : list;
		if (!to)
			continue;
		struct segment *added = ARRAY_ADD(to->items, to->count, to->capacity);
		if (!added)
			return -ENOMEM;
		*added = all->items[i];
	}
	return 0;
}

/* Reads all segments in the order of their numbers. */
static int segment_folder_read(int folder, struct segment_list *all)
{
	int error = 0;
	/* A descriptor of its own, so that the reading begins at the first name. */
	int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = copy < 0 ? NULL : fdopendir(copy);

	if (!directory) {
		error = -errno;
		if (copy >= 0)
			close(copy);
		return error;
	}
	for (const struct dirent *entry; !error && (entry = readdir(directory));)
		error = segment_list_add(all, folder, entry->d_name);
	closedir(directory);
	if (all->count > 0)
		qsort(all->items, all->count, sizeof(*all->items), segment_compare);
	return error;
}

int segment_folder_list(int folder, struct segment_list *list, struct segment_list *replaced)
{
	struct segment_list all = {0};
	int error = segment_folder_read(folder, &all);

	*list = (struct segment_list){0};
	if (replaced)
		*replaced = (struct segment_list){0};
	if (!error)
		error = segment_list_split(&all, list, replaced);
	segment_list_clear(&all);
	if (error) {
		segment_list_clear(list);
		if (replaced)
			segment_list_clear(replaced);
	}
	return error;
}
