/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Standard output for lines of text: gathered in large blocks, written when a block is full or when
 * nothing more is there to print, so that it is cheap under load and live when it is quiet.
 */
#ifndef POLECAT_TUI_SESSION_OUTPUT_H
#define POLECAT_TUI_SESSION_OUTPUT_H

#include <stdbool.h>

#include "core/record/json/record_json.h"

struct session;

struct output {
	struct buffer buffer; /* append here, then call output_written */
	struct session *session;
	int fd;
	bool may_block; /* no regular file: see session_wait_writable */
	int error;      /* the first failure, -errno; nothing is written after it */
};

/* The session may be NULL: then nothing interrupts a write. */
void output_open(struct output *output, int fd, struct session *session);
void output_free(struct output *output);

/* Appends a text and a newline, as they are, and calls output_written. 0, -ENOMEM or the error. */
int output_line(struct output *output, const char *text);

/* Writes what is gathered, if that is a block. 0 or the error. */
int output_written(struct output *output);

/* Writes all that is gathered. 0, -EPIPE where nobody reads any more, -EINTR where the reader was
 * slower than Ctrl-C. */
int output_flush(struct output *output);

/*
 * What the error means to the user, told to stderr; the exit status. A reader that left (`| head`)
 * is no error, nor is none at all: `otherwise` is the status then.
 */
int output_status(const struct output *output, const char *program, int otherwise);

#endif
