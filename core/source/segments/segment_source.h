/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A source that reads the folder of a flight recorder, one segment after the other.
 *
 * A segment that is cut or damaged is read up to there, and the source goes on with the next one.
 * At the end it is then SOURCE_BROKEN with -ENODATA and a message that names the first such
 * segment. A segment of a recorder that was ended by a crash is such a segment, since the events
 * of the last moments are missing. The segment that a running recorder writes is not.
 */
#ifndef POLECAT_CORE_SOURCE_SEGMENTS_SEGMENT_SOURCE_H
#define POLECAT_CORE_SOURCE_SEGMENTS_SEGMENT_SOURCE_H

#include "core/source/segments/segment_set.h"
#include "core/source/source.h"

/* Opens the segments that the window needs, and makes a source that is not started yet. Returns 0,
 * or an error of segment_set_open. */
int segment_source_open(const char *path, const struct segment_window *window, struct source **out);

/* Returns the text of an error of segment_source_open. */
const char *segment_source_strerror(int error);

#endif
