/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes records into the segments of a flight recorder. A thread of its own compresses and writes
 * them, so a slow disk never blocks the caller. All functions are for one thread, the caller's.
 *
 * Records wait in a queue of at most SEGMENT_QUEUE_MAX bytes. Records that find no room in the
 * queue or on the disk are counted, and a `lost` record with the count is written as soon as there
 * is room again. After a failed write, the writer tries again every few seconds.
 */
#ifndef POLECAT_CORE_SOURCE_SEGMENTS_SEGMENT_WRITER_H
#define POLECAT_CORE_SOURCE_SEGMENTS_SEGMENT_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/record/record.h"

/* The description of the state at the start of a segment must fit: see session_folder.c. */
#define SEGMENT_QUEUE_MAX (64u << 20)

struct segment_writer_options {
	const char *path;
	uint64_t keep_ns;
	uint64_t max_size;
	/* Records come from a file, which can wait: a full queue makes the caller wait. Segments
	 * expire by the times of the records instead of by the clock. */
	bool replays;
};

struct segment_writer_status {
	uint64_t lost;    /* records lost so far */
	uint64_t pending; /* of these, not written as a `lost` record yet */
	uint64_t size;    /* bytes of all segments on disk */
	int error;        /* -errno of the last write; 0: it succeeded */
};

struct segment_writer;

/* Makes and locks the folder (segment_folder_make). Returns 0 or -errno. */
int segment_writer_open(const struct segment_writer_options *options, struct segment_writer **out);

/* Starts the thread, which enters the sandbox. Returns 0 or -errno. */
int segment_writer_start(struct segment_writer *writer);

/*
 * Returns whether a segment must begin before the next record, whose Unix time is ts_ns (0: it has
 * none). The caller then calls segment_writer_begin, adds the records that describe the state, and
 * calls segment_writer_end_start.
 */
bool segment_writer_wants_start(struct segment_writer *writer, uint64_t ts_ns);
void segment_writer_begin(struct segment_writer *writer, uint64_t ts_ns);
void segment_writer_end_start(struct segment_writer *writer);

/* Adds a record, with names as in record_json_write. */
void segment_writer_add(struct segment_writer *writer, const struct record *record,
			const struct flow *known);

/* Returns the Unix time of an event (of an edge, its end); 0: the record is no event. Pure. */
uint64_t segment_writer_time(const struct record *record);

/* Hands all records to the thread, which writes them at once. */
void segment_writer_flush(struct segment_writer *writer);

void segment_writer_status(struct segment_writer *writer, struct segment_writer_status *status);

/* Writes the records in the queue, ends the thread and frees the writer. *status receives the last
 * state; it may be NULL. NULL is fine. */
void segment_writer_close(struct segment_writer *writer, struct segment_writer_status *status);

#endif
