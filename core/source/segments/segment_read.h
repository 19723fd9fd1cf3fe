/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the whole folder of a flight recorder at once, in the calling thread: for data that is
 * needed before the sources start. */
#ifndef POLECAT_CORE_SOURCE_SEGMENTS_SEGMENT_READ_H
#define POLECAT_CORE_SOURCE_SEGMENTS_SEGMENT_READ_H

#include <stdbool.h>

#include "core/source/stream/stream_read.h"

/* Returns whether a path is a folder with segments. */
bool segment_read_is_folder(const char *path);

/* Calls `handle` for each record of all segments, as stream_read_file does. Returns 0; -ENODATA if
 * a segment is cut or damaged, after handling all other records; or -errno. After an error,
 * `message` describes it. Blocks. */
int segment_read_folder(const char *path, void (*handle)(void *data, struct record *record),
			void *data, char message[STREAM_READ_MESSAGE_SIZE]);

#endif
