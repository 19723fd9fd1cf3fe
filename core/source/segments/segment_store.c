/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/segments/segment_store.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "core/base/array.h"
#include "core/base/memory.h"

/* A segment has this part of the bound, so that removing one loses little. */
#define PARTS 32u

/* The limits of the size of a segment. */
#define SEGMENT_MIN (64u << 10)
#define SEGMENT_MAX (64u << 20)

/* The part of the bound that stays free on the disk, and the part that the segments may always
 * take. */
#define RESERVE_PARTS 16u
#define ALWAYS_PARTS  4u

struct segment_store {
	struct segment_store_options options;
	struct segment_list closed;
	uint64_t closed_size; /* of the segments in `closed` */
	struct segment_file file;
	uint64_t start_size; /* of the part that describes the beginning of the present segment */
	uint64_t next_number;
	uint64_t bound;
};

static void segment_store_unlink(const struct segment_store *store, const struct segment_name *name)
{
	char text[SEGMENT_NAME_SIZE];

	segment_name_format(name, text);
	(void)unlinkat(store->options.folder, text, 0);
}

/* Removes what a recorder that was ended has not removed. */
static void segment_store_remove_replaced(struct segment_store *store,
					  struct segment_list *replaced)
{
	for (size_t i = 0; i < replaced->count; i++)
		segment_store_unlink(store, &replaced->items[i].name);
	segment_list_clear(replaced);
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
	for (size_t i = 0; i < store->closed.count; i++)
		store->closed_size += store->closed.items[i].size;
	store->next_number = store->closed.count
				     ? store->closed.items[store->closed.count - 1].name.number + 1
				     : 1;
	store->bound = options->max_size;
	*out = store;
	return 0;
}

uint64_t segment_store_size(const struct segment_store *store)
{
	uint64_t present = store->file.is_open ? segment_size_on_disk(store->file.size) : 0;

	return store->closed_size + present;
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

void segment_store_free(struct segment_store *store)
{
	if (!store)
		return;
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

/* Removes the oldest segments until `length` more bytes fit. Returns 0 or -ENOSPC. */
static int segment_store_make_room(struct segment_store *store, uint64_t length)
{
	uint64_t present = segment_size_on_disk(store->file.size + length);

	segment_store_update_bound(store);
	while (store->closed.count > 0 && store->closed_size + present > store->bound)
		segment_store_remove_oldest(store);
	return store->closed_size + present > store->bound ? -ENOSPC : 0;
}

int segment_store_begin(struct segment_store *store, uint64_t now_ns)
{
	segment_store_close(store);
	segment_store_update_bound(store);
	store->start_size = 0;
	return segment_file_open(&store->file, store->options.folder, store->next_number++, now_ns);
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
