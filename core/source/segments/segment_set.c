/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/segments/segment_set.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "core/base/array.h"
#include "core/base/cleanup.h"
#include "core/base/descriptor_limit.h"
#include "core/base/memory.h"
#include "core/source/segments/segment_folder.h"

/* The recorder may rename or remove a segment between the list and the open. */
#define ATTEMPTS 20

/* All segments of a window are open at once. These are the descriptors of everything else. */
#define OTHER_DESCRIPTORS 256

void segment_set_close(struct segment_set *set)
{
	for (size_t i = 0; i < set->count; i++) {
		if (set->items[i].fd >= 0)
			close(set->items[i].fd);
	}
	free(set->items);
	*set = (struct segment_set){0};
}

/* Returns whether a recorder has the file open. Asks only for a moment, and never waits. */
static bool segment_set_is_growing(int fd)
{
	if (flock(fd, LOCK_SH | LOCK_NB))
		return errno == EWOULDBLOCK;
	(void)flock(fd, LOCK_UN);
	return false;
}

static int segment_set_add(struct segment_set *set, int folder, const struct segment_name *name,
			   bool only_start)
{
	char text[SEGMENT_NAME_SIZE];

	segment_name_format(name, text);
	int fd = openat(folder, text, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	struct segment_input *added = ARRAY_ADD(set->items, set->count, set->capacity);
	if (!added) {
		close(fd);
		return -ENOMEM;
	}
	*added = (struct segment_input){
		.name = *name,
		.fd = fd,
		.growing = !name->closed && segment_set_is_growing(fd),
		.only_start = only_start,
	};
	return 0;
}

/* Returns whether all events of a segment are before the window, or none are known to be
 * inside. */
static bool segment_set_is_before(const struct segment_name *name,
				  const struct segment_window *window)
{
	return name->closed && name->last_ns < window->since_ns;
}

static bool segment_set_is_after(const struct segment_name *name,
				 const struct segment_window *window)
{
	return name->closed && window->until_ns && name->first_ns >= window->until_ns;
}

static int segment_set_add_all(struct segment_set *set, int folder, const struct segment_list *list,
			       const struct segment_window *window)
{
	bool past = false;
	int error = 0;

	descriptor_limit_raise(list->count + OTHER_DESCRIPTORS);
	for (size_t i = 0; i < list->count && !error; i++) {
		const struct segment_name *name = &list->items[i].name;
		bool after = segment_set_is_after(name, window);
		if (segment_set_is_before(name, window) || (after && past))
			continue;
		error = segment_set_add(set, folder, name, after);
		past |= after;
	}
	return error;
}

/* Returns whether a clock was set. The step is the last record of its segment. */
static bool segment_set_has_steps(const struct segment_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i].name.steps)
			return true;
	}
	return false;
}

static int segment_set_try(const char *path, const struct segment_window *window,
			   struct segment_set *set)
{
	static const struct segment_window all = {0};
	struct segment_list list = {0};
	CLEANUP_CLOSE int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int error = folder < 0 ? -errno : segment_folder_list(folder, &list, NULL);

	if (!error && list.count == 0)
		error = -ENODATA;
	if (!error && window->is_age && segment_set_has_steps(&list))
		window = &all;
	if (!error)
		error = segment_set_add_all(set, folder, &list, window);
	segment_list_clear(&list);
	if (error)
		segment_set_close(set);
	return error;
}

int segment_set_open(const char *path, const struct segment_window *window, struct segment_set *set)
{
	int error = -ENOENT;

	for (int i = 0; i < ATTEMPTS && error == -ENOENT; i++) {
		*set = (struct segment_set){0};
		error = segment_set_try(path, window, set);
	}
	return error;
}

/* Sorts open segments, whose latest event is unknown, before the others, and these by their latest
 * event, the last one first. */
static int segment_set_compare_latest(const void *a, const void *b)
{
	const struct segment_name *one = &((const struct segment_input *)a)->name;
	const struct segment_name *other = &((const struct segment_input *)b)->name;

	if (one->closed != other->closed)
		return one->closed ? 1 : -1;
	return (one->last_ns < other->last_ns) - (one->last_ns > other->last_ns);
}

static bool segment_set_was_stepped(const struct segment_set *set)
{
	for (size_t i = 0; i < set->count; i++) {
		if (set->items[i].name.steps)
			return true;
	}
	return false;
}

/* Reads all segments in order. */
static int segment_set_latest_of_all(const struct segment_set *set, struct stream_latest *latest)
{
	int *parts = memory_checked(calloc(set->count, sizeof(*parts)));

	if (!parts)
		return -ENOMEM;
	for (size_t i = 0; i < set->count; i++)
		parts[i] = set->items[i].fd;
	int error = stream_find_latest_in(parts, set->count, latest);
	free(parts);
	return error;
}

/* Reads segments until no other one can have a later flow. */
static int segment_set_latest_of_last(struct segment_set *set, struct stream_latest *latest)
{
	struct stream_latest found = {0};
	int result = -ENODATA;

	qsort(set->items, set->count, sizeof(*set->items), segment_set_compare_latest);
	for (size_t i = 0; i < set->count; i++) {
		const struct segment_name *name = &set->items[i].name;
		struct stream_latest of_segment = {0};
		if (name->closed && found.unix_ns >= name->last_ns)
			break;
		int error = stream_find_latest_in(&set->items[i].fd, 1, &of_segment);
		if (error && found.unix_ns == 0)
			result = error;
		if (of_segment.steady_ns > found.steady_ns)
			found = of_segment;
	}
	if (found.unix_ns == 0)
		return result;
	*latest = found;
	return 0;
}

int segment_set_find_latest(const char *path, struct stream_latest *latest)
{
	const struct segment_window all = {0};
	struct segment_set set = {0};
	int error = segment_set_open(path, &all, &set);

	if (error)
		return error;
	error = segment_set_was_stepped(&set) ? segment_set_latest_of_all(&set, latest)
					      : segment_set_latest_of_last(&set, latest);
	segment_set_close(&set);
	return error;
}
