/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Folds segments into one segment of edge records (core/aggregate), which takes far less room.
 * Reads and writes in steps, so that the caller can do other work between them.
 *
 * A connection that is still open at the end of the segments is left out: the start of the next
 * segment describes it, with its counters from its beginning on. So each connection counts once, in
 * the segment of its end. Flows of datagrams have no end; one that lasts counts as one connection
 * in each segment of edges.
 *
 * Of the names, those stay that differ from the last record of the same name, and of equal DNS
 * look-ups of one place, the first one. Losses stay. Only one thread at a time may use a fold.
 */
#ifndef POLECAT_CORE_SOURCE_SEGMENTS_SEGMENT_FOLD_H
#define POLECAT_CORE_SOURCE_SEGMENTS_SEGMENT_FOLD_H

#include <stddef.h>
#include <stdint.h>

#include "core/source/segments/segment_folder.h"

struct segment_fold_options {
	int folder;
	const struct segment *parts; /* in the order of their numbers, without gaps between them */
	size_t count;
	const struct segment_name *next; /* the segment after the parts; NULL: none */
};

struct segment_fold;

/* Opens the parts and the new segment. Returns 0 or -errno. */
int segment_fold_new(const struct segment_fold_options *options, struct segment_fold **out);

/* Reads about `length` bytes of text. Returns 1 if more remain, 0 after the last one, or -errno:
 * then only segment_fold_free may follow. */
int segment_fold_step(struct segment_fold *fold, size_t length);

/* Returns the bytes of the new segment so far. */
uint64_t segment_fold_size(const struct segment_fold *fold);

/* Completes the new segment after the last step. It then replaces the parts, which the caller
 * removes. Returns 0 with *out, or -errno. */
int segment_fold_finish(struct segment_fold *fold, struct segment *out);

/* Frees the fold, and removes a segment that was not completed. NULL is fine. */
void segment_fold_free(struct segment_fold *fold);

#endif
