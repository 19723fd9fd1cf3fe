/* SPDX-License-Identifier: Apache-2.0 */
/* Reads lines from a descriptor in bounded memory. Detects gzip by the first two bytes. Every wait
 * ends when the stop descriptor is readable. Only one thread at a time may use it. */
#ifndef POLECAT_CORE_SOURCE_STREAM_STREAM_LINES_H
#define POLECAT_CORE_SOURCE_STREAM_STREAM_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/source/child.h"

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
 * Reads the next line. While it waits for input, it also polls `watch` (may be NULL) and calls
 * watch->readable. Returns 1 with *line; 0 at the end; -ECANCELED: stop_fd is readable; -E2BIG: the
 * line with the number line->number is longer than line_max and was skipped; -ENODATA: compressed
 * input is cut; -EBADMSG: compressed input is damaged; -ENOMEM; or an error of read(2). Only after
 * 1 and -E2BIG may the caller call it again.
 */
int stream_lines_next(struct stream_lines *lines, int stop_fd, struct fd_watch *watch,
		      struct stream_line *line);

#endif
