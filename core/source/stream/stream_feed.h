/* SPDX-License-Identifier: Apache-2.0 */
/* A feed of records: a command with its output, or a pipe. Only stream_reader.c includes this: its
 * thread makes all calls, and waits for the descriptors. */
#ifndef POLECAT_CORE_SOURCE_STREAM_STREAM_FEED_H
#define POLECAT_CORE_SOURCE_STREAM_STREAM_FEED_H

#include <stdbool.h>

#include "core/source/source.h"

enum stream_feed_phase {
	STREAM_FEED_NEW = 0,
	STREAM_FEED_READING,
	STREAM_FEED_EXITING,  /* the output has ended, so the process should exit */
	STREAM_FEED_STOPPING, /* the process was asked to end */
	STREAM_FEED_OVER,
};

struct stream_feed {
	struct stream *stream;
	bool is_command;
	struct child *child; /* of a feed; NULL before the start */
	enum stream_feed_phase phase;
	/* Members of the reader. */
	struct source *source;
	size_t index; /* in the reader's list */
};

/* Starts the process, or begins to read the pipe. `room` is that of stream_lines_new_shared. Sets
 * the health after an error. */
void stream_feed_start(struct stream_feed *feed, unsigned char *room);

/* Reads once, when the output is readable, and emits the records. Returns the bytes that were
 * read. */
size_t stream_feed_read(struct stream_feed *feed);

/* Reads once from standard error, when it is readable. */
void stream_feed_read_errors(struct stream_feed *feed);

/* Ends the reading of a pipe, or asks the process to end. Does nothing if it was asked before, or
 * has ended. */
void stream_feed_stop(struct stream_feed *feed);

/* Looks whether a process that should exit has exited. Then reports how it ended. Call it every few
 * milliseconds while the phase is STREAM_FEED_EXITING or STREAM_FEED_STOPPING. */
void stream_feed_poll(struct stream_feed *feed);

/* Return the descriptors to wait for; -1: none. */
int stream_feed_output(const struct stream_feed *feed);
int stream_feed_errors(const struct stream_feed *feed);

#endif
