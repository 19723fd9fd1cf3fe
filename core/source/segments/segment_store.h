/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The segments of a flight recorder, within a bound of size and of age. One thread at a time.
 *
 * Old segments are folded into segments of edge records, one for each hour, and removed only if
 * that does not suffice. The bound of size is the smaller one of max_size and of the file system.
 * While other files fill the disk, the recorder gives up its oldest segments to stay below the room
 * that is left, but keeps a quarter of its bound.
 */
#ifndef POLECAT_CORE_SOURCE_SEGMENTS_SEGMENT_STORE_H
#define POLECAT_CORE_SOURCE_SEGMENTS_SEGMENT_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/source/segments/segment_file.h"
#include "core/source/segments/segment_folder.h"

struct segment_store_options {
	int folder; /* of segment_folder_make; the store closes it */
	uint64_t keep_ns;
	uint64_t max_size;
};

struct segment_store;

/* Reads the names of the segments. Returns 0 or -errno; closes the folder on failure. */
int segment_store_new(const struct segment_store_options *options, struct segment_store **out);

/* Closes the present segment. NULL is fine. */
void segment_store_free(struct segment_store *store);

/* Closes the present segment and begins the next one. `now_ns` is the time of its first event.
 * Returns 0, or -errno without a present segment. */
int segment_store_begin(struct segment_store *store, uint64_t now_ns);

/* Marks the end of the part of the present segment that describes its beginning. It does not count
 * for segment_store_is_large. */
void segment_store_end_start(struct segment_store *store);

/* Adds lines to the present segment, and folds or removes the oldest segments to stay within the
 * bound.
 * Returns 0, or -errno with nothing added and without a present segment; -ENOSPC: no room, or no
 * present segment. */
int segment_store_add(struct segment_store *store, const struct segment_text *text);

/* Returns whether the next segment should begin, because the present one has its size. */
bool segment_store_is_large(const struct segment_store *store);

/*
 * Folds old segments into edge records (segment_fold.h) while the segments take three quarters of
 * the bound, in steps: reads about `length` bytes. Returns whether there is more to do. Without
 * these calls, segment_store_add does all of it when there is no room.
 */
bool segment_store_work(struct segment_store *store, size_t length);

/* Removes the segments that ended more than keep_ns before a Unix time. */
void segment_store_expire(struct segment_store *store, uint64_t now_ns);

/* Returns the bytes of all segments on disk. */
uint64_t segment_store_size(const struct segment_store *store);

#endif
