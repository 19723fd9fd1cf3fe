/* SPDX-License-Identifier: Apache-2.0 */
/* The segments of a folder that a window of time needs, as open files. So they can be read even if
 * the recorder renames or removes them. One thread at a time. */
#ifndef POLECAT_CORE_SOURCE_SEGMENTS_SEGMENT_SET_H
#define POLECAT_CORE_SOURCE_SEGMENTS_SEGMENT_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/source/segments/segment_name.h"
#include "core/source/stream/stream_latest.h"

/* Flows from since_ns (inclusive) to until_ns (exclusive), in Unix time; 0: no limit. */
struct segment_window {
	uint64_t since_ns;
	uint64_t until_ns;
	/* The limits are ages, which count steady time. Then a clock that was set makes the whole
	 * folder count, because the ends of earlier segments are by another clock. */
	bool is_age;
};

struct segment_input {
	struct segment_name name;
	int fd;
	bool growing; /* a recorder writes it now, so its end is not a cut */
	/* The segment begins after the window: only the names at its start are needed, and its
	 * first flow, which shows that the recording goes on. */
	bool only_start;
};

struct segment_set {
	struct segment_input *items;
	size_t count;
	size_t capacity;
};

/* Opens the segments of a folder that the window needs, in the order of writing. Returns 0;
 * -ENODATA if the folder has no segments; or -errno. The set is empty after a failure. */
int segment_set_open(const char *path, const struct segment_window *window,
		     struct segment_set *set);
void segment_set_close(struct segment_set *set);

/* Finds the latest flow of a folder, as stream_find_latest does in a file. Reads only the segments
 * that may contain it, unless a clock was set. */
int segment_set_find_latest(const char *path, struct stream_latest *latest);

#endif
