/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/segments/segment_store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "core/base/array.h"
#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/source/segments/segment_fold.h"

/* A segment has this part of the bound, so that removing one loses little. */
#define PARTS 32u

/* The limits of the size of a segment. */
#define SEGMENT_MIN (64u << 10)
#define SEGMENT_MAX (64u << 20)

/* The part of the bound that stays free on the disk, and the part that the segments may always
 * take. */
#define RESERVE_PARTS 16u
#define ALWAYS_PARTS  4u

/* Segments are folded while they take more than this many sixteenths of the bound. */
#define FOLD_SIXTEENTHS 12u

/* The newest segments are not folded. */
#define UNFOLDED_MIN 2u

/* Segments whose middles are in the same interval of this length are folded together. */
#define FOLD_INTERVAL_NS (3600 * NS_PER_SECOND)

/* The bytes that one step of a fold reads while the recorder waits for room. */
#define FOLD_STEP (1u << 20)

/* After a fold that failed, none is tried for as many new segments. */
#define FOLD_PAUSE 8u

struct segment_store {
	struct segment_store_options options;
	struct segment_list closed;
	uint64_t closed_size; /* of the segments in `closed` */
	struct segment_file file;
	uint64_t start_size; /* of the part that describes the beginning of the present segment */
	uint64_t next_number;
	uint64_t bound;
	struct segment_fold *fold; /* NULL: no segments are being folded */
	struct segment *parts;     /* of the fold; owned */
	size_t part_count;
	uint64_t paused_until; /* the number of the segment from which on folds are tried again */
};

static void segment_store_unlink(const struct segment_store *store, const struct segment_name *name)
{
	char text[SEGMENT_NAME_SIZE];

	segment_name_format(name, text);
	(void)unlinkat(store->options.folder, text, 0);
}

/* Removes the files that an earlier recorder left because it was ended. */
static void segment_store_remove_replaced(struct segment_store *store,
					  struct segment_list *replaced)
{
	for (size_t i = 0; i < replaced->count; i++)
		segment_store_unlink(store, &replaced->items[i].name);
	segment_list_clear(replaced);
}

static void segment_store_remove_partial(const struct segment_store *store)
{
	int copy = openat(store->options.folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = copy < 0 ? NULL : fdopendir(copy);

	if (!directory) {
		if (copy >= 0)
			close(copy);
		return;
	}
	for (const struct dirent *entry; (entry = readdir(directory));) {
		if (segment_name_is_partial(entry->d_name))
			(void)unlinkat(store->options.folder, entry->d_name, 0);
	}
	closedir(directory);
}

int segment_store_new(const struct segment_store_options *options, struct segment_store **out)
{
	struct segment_store *store = memory_checked(calloc(1, sizeof(*store)));
	struct segment_list replaced = {0};
	int error =
		store ? segment_folder_list(options->folder, &store->closed, &replaced) : -ENOMEM;

	if (error) {
		close(options->folder);
		free(store);
		return error;
	}
	store->options = *options;
	segment_store_remove_replaced(store, &replaced);
	segment_store_remove_partial(store);
	for (size_t i = 0; i < store->closed.count; i++)
		store->closed_size += store->closed.items[i].size;
	store->next_number = store->closed.count
				     ? store->closed.items[store->closed.count - 1].name.number + 1
				     : 1;
	store->bound = options->max_size;
	*out = store;
	return 0;
}

/* Returns the bytes of all segments on disk, if `length` more were in the present one. */
static uint64_t segment_store_size_with(const struct segment_store *store, uint64_t length)
{
	uint64_t size = store->closed_size;

	if (store->file.is_open)
		size += segment_size_on_disk(store->file.size + length);
	if (store->fold)
		size += segment_size_on_disk(segment_fold_size(store->fold));
	return size;
}

uint64_t segment_store_size(const struct segment_store *store)
{
	return segment_store_size_with(store, 0);
}

static void segment_store_keep(struct segment_store *store, const struct segment_name *name,
			       uint64_t size)
{
	struct segment *added =
		ARRAY_ADD(store->closed.items, store->closed.count, store->closed.capacity);

	/* A segment that is not in the list could not be removed later. */
	if (!added) {
		segment_store_unlink(store, name);
		return;
	}
	*added = (struct segment){*name, segment_size_on_disk(size)};
	store->closed_size += added->size;
}

static void segment_store_close(struct segment_store *store)
{
	struct segment_name name;
	uint64_t size;

	if (!store->file.is_open)
		return;
	segment_file_close(&store->file, &name, &size);
	segment_store_keep(store, &name, size);
}

/* --- folding --- */

static void segment_store_end_fold(struct segment_store *store)
{
	segment_fold_free(store->fold);
	store->fold = NULL;
	free(store->parts);
	store->parts = NULL;
}

void segment_store_free(struct segment_store *store)
{
	if (!store)
		return;
	segment_store_end_fold(store);
	segment_store_close(store);
	segment_list_clear(&store->closed);
	close(store->options.folder);
	free(store);
}

static void segment_store_remove_oldest(struct segment_store *store)
{
	segment_store_unlink(store, &store->closed.items[0].name);
	store->closed_size -= store->closed.items[0].size;
	ARRAY_REMOVE(store->closed.items, store->closed.count, 0);
}

/* Sets the bound by the room on the disk. */
static void segment_store_update_bound(struct segment_store *store)
{
	uint64_t bound = store->options.max_size;
	struct statvfs status;

	store->bound = bound;
	if (fstatvfs(store->options.folder, &status))
		return;
	uint64_t whole = (uint64_t)status.f_blocks * status.f_frsize;
	uint64_t room = (uint64_t)status.f_bavail * status.f_frsize + segment_store_size(store);
	if (whole > 0 && whole < bound)
		bound = whole;
	uint64_t reserve = bound / RESERVE_PARTS;
	uint64_t always = bound / ALWAYS_PARTS;
	if (room < bound + reserve)
		bound = room > reserve ? room - reserve : 0;
	if (bound < always)
		bound = always;
	store->bound = bound;
}

/* Returns the number of the interval that has the middle of a segment: the first event of a segment
 * may be from before its interval. */
static uint64_t segment_store_interval(const struct segment *segment)
{
	const struct segment_name *name = &segment->name;
	uint64_t middle_ns = name->first_ns;

	if (name->last_ns > name->first_ns)
		middle_ns += (name->last_ns - name->first_ns) / 2;
	return middle_ns / FOLD_INTERVAL_NS;
}

/*
 * Finds the oldest segments that are not folded: those of one interval, as far as they take at most
 * a quarter of the bound. Returns their number (0: all are folded), and the index of the first one.
 * Segments that are folded together take less room. So, unless `forced` is set, returns 0
 * if more segments of the interval may follow and take less than a quarter of the bound.
 */
static size_t segment_store_find_parts(const struct segment_store *store, bool forced,
				       size_t *first)
{
	const struct segment *items = store->closed.items;
	size_t end = store->closed.count > UNFOLDED_MIN ? store->closed.count - UNFOLDED_MIN : 0;
	uint64_t size = 0;
	size_t at = 0;

	while (at < end && items[at].name.from)
		at++;
	*first = at;
	while (at < end && !items[at].name.from &&
	       segment_store_interval(&items[at]) == segment_store_interval(&items[*first])) {
		size += items[at].size;
		if (size > store->bound / ALWAYS_PARTS && at > *first)
			return at - *first;
		at++;
	}
	return at < end || forced ? at - *first : 0;
}

/* Begins a fold if there are segments for one (segment_store_find_parts). Returns whether one is in
 * progress. */
static bool segment_store_begin_fold(struct segment_store *store, bool forced)
{
	struct segment_fold_options options = {.folder = store->options.folder};
	size_t first;

	if (store->fold)
		return true;
	options.count = segment_store_find_parts(store, forced, &first);
	if (options.count == 0 || store->next_number < store->paused_until)
		return false;
	/* The list may change during the fold. */
	store->parts = memory_checked(calloc(options.count, sizeof(*store->parts)));
	if (!store->parts)
		return false;
	memcpy(store->parts, &store->closed.items[first], options.count * sizeof(*store->parts));
	store->part_count = options.count;
	options.parts = store->parts;
	options.next = &store->closed.items[first + options.count].name;
	if (segment_fold_new(&options, &store->fold) == 0)
		return true;
	segment_store_end_fold(store);
	store->paused_until = store->next_number + FOLD_PAUSE;
	return false;
}

/* Puts the segment of edges in the place of its parts. */
static void segment_store_replace_parts(struct segment_store *store, const struct segment *edges)
{
	struct segment_list *closed = &store->closed;
	size_t at = 0;

	while (at < closed->count && closed->items[at].name.number < edges->name.from)
		at++;
	while (at < closed->count && closed->items[at].name.number <= edges->name.number) {
		segment_store_unlink(store, &closed->items[at].name);
		store->closed_size -= closed->items[at].size;
		ARRAY_REMOVE(closed->items, closed->count, at);
	}
	struct segment *added = ARRAY_INSERT(closed->items, closed->count, closed->capacity, at);
	/* A segment that is not in the list could not be removed later. */
	if (!added) {
		segment_store_unlink(store, &edges->name);
		return;
	}
	*added = *edges;
	store->closed_size += edges->size;
}

/* Goes on with the present fold. Returns whether it has more to do. */
static bool segment_store_step_fold(struct segment_store *store, size_t length)
{
	struct segment edges = {0};
	int result = segment_fold_step(store->fold, length);

	if (result > 0)
		return true;
	if (result == 0)
		result = segment_fold_finish(store->fold, &edges);
	segment_store_end_fold(store);
	if (result == 0)
		segment_store_replace_parts(store, &edges);
	else
		store->paused_until = store->next_number + FOLD_PAUSE;
	return false;
}

bool segment_store_work(struct segment_store *store, size_t length)
{
	if (!store->fold && segment_store_size(store) <= store->bound / 16 * FOLD_SIXTEENTHS)
		return false;
	return segment_store_begin_fold(store, false) && segment_store_step_fold(store, length);
}

/* Makes the oldest segments smaller, or removes the oldest one. */
static void segment_store_shrink(struct segment_store *store)
{
	if (!segment_store_begin_fold(store, true)) {
		segment_store_remove_oldest(store);
		return;
	}
	while (segment_store_step_fold(store, FOLD_STEP))
		;
}

/* Folds or removes the oldest segments until `length` more bytes fit. Returns 0 or -ENOSPC. */
static int segment_store_make_room(struct segment_store *store, uint64_t length)
{
	segment_store_update_bound(store);
	while (store->closed.count > 0 && segment_store_size_with(store, length) > store->bound)
		segment_store_shrink(store);
	return segment_store_size_with(store, length) > store->bound ? -ENOSPC : 0;
}

int segment_store_begin(struct segment_store *store, uint64_t now_ns)
{
	segment_store_close(store);
	segment_store_update_bound(store);
	store->start_size = 0;
	const struct segment_name name = {.number = store->next_number++, .first_ns = now_ns};
	return segment_file_open(&store->file, store->options.folder, &name);
}

void segment_store_end_start(struct segment_store *store)
{
	store->start_size = store->file.size;
}

/* Ends the present segment after a failed write. */
static void segment_store_cut(struct segment_store *store)
{
	struct segment_name name;
	uint64_t size;

	segment_file_cut(&store->file, &name, &size);
	if (size > 0)
		segment_store_keep(store, &name, size);
	else
		segment_store_unlink(store, &name);
}

int segment_store_add(struct segment_store *store, const struct segment_text *text)
{
	if (!store->file.is_open)
		return -ENOSPC;
	int error = segment_file_pack(&store->file, text);
	if (!error)
		error = segment_store_make_room(store, store->file.packed.length);
	if (!error)
		error = segment_file_write(&store->file);
	if (error)
		segment_store_cut(store);
	return error;
}

bool segment_store_is_large(const struct segment_store *store)
{
	uint64_t target = store->bound / PARTS;

	if (target < SEGMENT_MIN)
		target = SEGMENT_MIN;
	if (target > SEGMENT_MAX)
		target = SEGMENT_MAX;
	/* The start of a segment takes at most a fifth of it, unless the bound is too small. */
	if (target < 4 * store->start_size)
		target = 4 * store->start_size;
	if (target > store->bound / ALWAYS_PARTS)
		target = store->bound / ALWAYS_PARTS;
	return store->file.is_open && store->file.size >= store->start_size + target;
}

void segment_store_expire(struct segment_store *store, uint64_t now_ns)
{
	while (store->closed.count > 0) {
		const struct segment_name *oldest = &store->closed.items[0].name;
		uint64_t end_ns = oldest->closed ? oldest->last_ns : oldest->first_ns;
		if (end_ns + store->options.keep_ns >= now_ns)
			return;
		segment_store_remove_oldest(store);
	}
}
