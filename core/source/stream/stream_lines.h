/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines out of a descriptor: a file, a pipe, a terminal; plain or gzip, which the first two bytes
 * tell. Memory stays bounded whatever comes in, and every wait ends when a second descriptor, the
 * stop signal, is readable.
 *
 * One thread uses it.
 */
#ifndef POLECAT_CORE_SOURCE_STREAM_STREAM_LINES_H
#define POLECAT_CORE_SOURCE_STREAM_STREAM_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stream_lines;

/* Something else to take care of while waiting for input: a child's standard error. */
struct stream_watch {
	int fd; /* -1: none. readable sets it to -1 at its end */
	void (*readable)(struct stream_watch *watch);
};

struct stream_line {
	const char *text; /* no newline, no NUL; valid until the next call */
	size_t length;
	uint64_t number;   /* 1-based */
	bool unterminated; /* the input ended without a newline behind it */
};

/* fd stays the caller's. Lines longer than line_max are not kept. 0 or -ENOMEM. */
int stream_lines_new(int fd, size_t line_max, struct stream_lines **out);
void stream_lines_free(struct stream_lines *lines);

/*
 * The next line. Waits for input, for stop_fd, and for what `watch` (may be NULL) watches.
 * 1: *line is filled in; 0: the end; -ECANCELED: stop_fd is readable; -E2BIG: line->number was
 * longer than line_max and is skipped, go on; -ENODATA: compressed input ends before its end;
 * -EBADMSG: compressed input is damaged; any other -errno of read(2), or -ENOMEM. After an error
 * other than -E2BIG it is over.
 */
int stream_lines_next(struct stream_lines *lines, int stop_fd, struct stream_watch *watch,
		      struct stream_line *line);

#endif
