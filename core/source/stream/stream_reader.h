/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A thread that reads the output of many commands in turn: the carrier of their sources (source.h).
 * A stream takes two descriptors and an incomplete line of memory, so a few readers serve thousands
 * of nodes.
 *
 * Each turn, the reader reads at most STREAM_LINES_ROOM bytes of each stream that has input, so a
 * stream with a flood does not delay the others for long. While the queue is full, the reader reads
 * nothing, and the commands wait in their writes. With many quiet streams, the reader pauses
 * between turns, so that one read(2) returns several records.
 */
#ifndef POLECAT_CORE_SOURCE_STREAM_STREAM_READER_H
#define POLECAT_CORE_SOURCE_STREAM_STREAM_READER_H

#include "core/source/source.h"

/* Makes and starts a reader. Returns 0 or -errno. Main thread. */
int stream_reader_start(struct source **out);

#endif
