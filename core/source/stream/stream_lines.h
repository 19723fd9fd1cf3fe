/* SPDX-License-Identifier: Apache-2.0 */
/* Reads lines from a descriptor in bounded memory. Detects gzip by the first two bytes. Every wait
 * ends when the stop descriptor is readable. Only one thread at a time may use it. */
#ifndef POLECAT_CORE_SOURCE_STREAM_STREAM_LINES_H
#define POLECAT_CORE_SOURCE_STREAM_STREAM_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/source/child.h"

/* The size in bytes of one read(2). */
#define STREAM_LINES_ROOM 65536

struct stream_lines;

struct stream_line {
	const char *text;  /* a newline or a NUL follows; valid until the next call */
	size_t length;     /* of the text, which may contain NULs */
	uint64_t number;   /* 1-based */
	bool unterminated; /* the input ended without a newline after it */
};

/* The caller still owns fd. Skips lines longer than line_max bytes. Returns 0 or -ENOMEM. */
int stream_lines_new(int fd, size_t line_max, struct stream_lines **out);
void stream_lines_free(struct stream_lines *lines);

/*
 * Like stream_lines_new, for one of many inputs that a thread reads in turn. `room` has
 * STREAM_LINES_ROOM bytes, is used for all of them, and must outlive them. stream_lines_next does
 * not wait then: it reads the input at most once after each stream_lines_allow_read, and returns
 * -EAGAIN when that is not enough for a line. Between the two calls, only an incomplete line takes
 * memory.
 */
int stream_lines_new_shared(int fd, size_t line_max, unsigned char *room,
			    struct stream_lines **out);
/* Call it when the input is readable. */
void stream_lines_allow_read(struct stream_lines *lines);
/* Returns the bytes that were read since stream_lines_allow_read. */
size_t stream_lines_read_size(const struct stream_lines *lines);

/*
 * Reads the next line. While it waits for input, it also polls `watch` (may be NULL) and calls
 * watch->readable. Returns 1 with *line; 0 at the end; -ECANCELED: stop_fd is readable; -E2BIG: the
 * line with the number line->number is longer than line_max and was skipped; -ENODATA: compressed
 * input is cut; -EBADMSG: compressed input is damaged; -ENOMEM; or an error of read(2). Only after
 * 1, -E2BIG and -EAGAIN may the caller call it again.
 */
int stream_lines_next(struct stream_lines *lines, int stop_fd, struct fd_watch *watch,
		      struct stream_line *line);

#endif
