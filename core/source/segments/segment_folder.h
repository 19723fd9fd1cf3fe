/* SPDX-License-Identifier: Apache-2.0 */
/* The folder of a flight recorder: its segments, and the lock of the recorder that writes it. */
#ifndef POLECAT_CORE_SOURCE_SEGMENTS_SEGMENT_FOLDER_H
#define POLECAT_CORE_SOURCE_SEGMENTS_SEGMENT_FOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/source/segments/segment_name.h"

struct segment {
	struct segment_name name;
	uint64_t size; /* bytes on disk, rounded up to whole blocks */
};

/* Segments in the order of their numbers. Zero-initialise. Free with segment_list_clear. */
struct segment_list {
	struct segment *items;
	size_t count;
	size_t capacity;
};

void segment_list_clear(struct segment_list *list);

/* Returns the bytes on disk of a file of `size` bytes. */
uint64_t segment_size_on_disk(uint64_t size);

/* Returns whether the path is a folder. */
bool segment_folder_is(const char *path);

/*
 * Opens a folder for a recorder, and locks it against other recorders until the descriptor is
 * closed. Makes a folder that does not exist, for its owner only; its parent must exist. Returns a
 * descriptor or -errno; segment_folder_strerror explains it. -ELOOP: the path is a symbolic link.
 * -EPERM: the folder belongs to another user than the effective one. -EMLINK: other users have
 * rights to it. -EWOULDBLOCK: another recorder writes to it.
 */
int segment_folder_make(const char *path);

/* Returns the text of an error of segment_folder_make. */
const char *segment_folder_strerror(int error);

/*
 * Reads the names and sizes of the segments. Leaves out segments that edges replace, which exist
 * if a recorder was ended before it removed them: *replaced gets them, unless it is NULL. Returns
 * 0 or -errno with an empty list.
 */
int segment_folder_list(int folder, struct segment_list *list, struct segment_list *replaced);

#endif
