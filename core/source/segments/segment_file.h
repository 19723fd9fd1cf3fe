/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A segment that is being written: one gzip stream. After each addition, the file can be read up to
 * there (Z_SYNC_FLUSH). The file is locked (flock) while it is open, so that readers can tell a
 * segment that a recorder writes from one that a crash has cut. One thread at a time.
 */
#ifndef POLECAT_CORE_SOURCE_SEGMENTS_SEGMENT_FILE_H
#define POLECAT_CORE_SOURCE_SEGMENTS_SEGMENT_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zlib.h>

#include "core/base/buffer.h"
#include "core/source/segments/segment_name.h"

/* Lines of records, and the times of the events among them. */
struct segment_text {
	const char *text;
	size_t length;
	uint64_t first_ns; /* Unix time of the earliest event; 0: no events */
	uint64_t last_ns;  /* of the latest one */
	bool steps;        /* a clock was set */
};

/* Zero-initialise. fd is -1 or a valid descriptor only between _open and _close. */
struct segment_file {
	int folder;
	int fd;
	bool is_open;
	struct segment_name name;
	uint64_t first_ns; /* of the events so far; 0: none */
	uint64_t last_ns;
	uint64_t size; /* complete bytes in the file */
	z_stream deflater;
	struct buffer packed;  /* compressed and not written yet */
	uint64_t total_length; /* before compression */
};

/* Makes the file with the name of a segment that is not closed. Returns 0 or -errno. */
int segment_file_open(struct segment_file *file, int folder, const struct segment_name *name);

/* Compresses a text into `packed`, which is then to be written by segment_file_write. Returns 0 or
 * -ENOMEM. */
int segment_file_pack(struct segment_file *file, const struct segment_text *text);

/* Writes `packed`. Returns 0, or -errno with the file as it was before the text: then only
 * segment_file_cut may follow. */
int segment_file_write(struct segment_file *file);

/* Ends the stream, writes its end, and gives the file its final name, which *name receives with the
 * size. If the end cannot be written, the name says so (segment_name.cut). */
void segment_file_close(struct segment_file *file, struct segment_name *name, uint64_t *size);

/* The same without an end of the stream, after a failed write. */
void segment_file_cut(struct segment_file *file, struct segment_name *name, uint64_t *size);

/* Removes the file. */
void segment_file_discard(struct segment_file *file);

#endif
