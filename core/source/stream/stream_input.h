/* SPDX-License-Identifier: Apache-2.0 */
/* The input of a stream, and the part of it that was read so far. Only stream*.c include this. The
 * functions are for the thread that reads the stream. */
#ifndef POLECAT_CORE_SOURCE_STREAM_STREAM_INPUT_H
#define POLECAT_CORE_SOURCE_STREAM_STREAM_INPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/record/json/record_json.h"
#include "core/source/source.h"
#include "core/source/stream/stream_lines.h"

/* The maximum length of a command or a path in a message, so that the reason fits, too. */
#define SHOWN_NAME 160

struct stream {
	char *name; /* the path, "standard input", or the command */
	int fd;     /* the input, which stream_free closes; -1: none */
	struct stream_lines *lines;
	bool lenient;        /* an unreadable line is counted, and does not end the stream */
	uint64_t records;    /* records read, including those of unknown kinds */
	uint64_t unreadable; /* unreadable lines of a lenient stream */
	bool bad_input;      /* stream_set_bad_input was called */
	/* The number and the error of the first unreadable line. */
	uint64_t first_unreadable;
	struct record_json_error first_error;
};

/* Returns a stream without input, or NULL if out of memory. */
struct stream *stream_new(const char *name);
/* Frees a `struct stream`. NULL is fine. */
void stream_free(void *data);

/*
 * Handles a result of stream_lines_next: emits the record in a line, or sets the source's health
 * after an error. Returns 1 to continue with the next line; 0 at the end of the input; -EAGAIN if
 * there is no further line now; -ECANCELED if the source is being stopped; another error after
 * setting the health.
 */
int stream_handle_next(struct source *source, struct stream *stream, int result,
		       const struct stream_line *line);

/* Sets SOURCE_BROKEN with the error (-EBADMSG or -ENODATA). The message is the stream's name and
 * the formatted text. */
void stream_set_bad_input(struct source *source, struct stream *stream, int error,
			  const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
