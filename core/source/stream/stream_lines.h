/* SPDX-License-Identifier: Apache-2.0 */
/* Reads lines from a descriptor, plain or gzip by its first two bytes, in bounded memory. Every
 * wait ends when the stop descriptor is readable. One thread at a time. */
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

/* fd stays the caller's. Skips lines longer than line_max bytes. Returns 0 or -ENOMEM. */
int stream_lines_new(int fd, size_t line_max, struct stream_lines **out);
void stream_lines_free(struct stream_lines *lines);

/*
 * Reads the next line. Waits for input and for stop_fd, and serves `watch` (may be NULL) meanwhile.
 * 1: *line is filled in; 0: the end; -ECANCELED: stop_fd is readable; -E2BIG: line->number is longer
 * than line_max and was skipped; -ENODATA: compressed input is cut; -EBADMSG: compressed input is
 * damaged; -ENOMEM; other errors of read(2). Only -E2BIG may be followed by another call.
 */
int stream_lines_next(struct stream_lines *lines, int stop_fd, struct fd_watch *watch,
		      struct stream_line *line);

#endif
