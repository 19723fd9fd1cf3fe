/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Buffers lines for standard output. Writes a block when it is full, and the rest when the session
 * is idle: few system calls under load, no delay otherwise.
 */
#ifndef POLECAT_TUI_SESSION_OUTPUT_H
#define POLECAT_TUI_SESSION_OUTPUT_H

#include <stdbool.h>

#include "core/record/json/record_json.h"

struct options;
struct session;

struct output {
	struct buffer buffer; /* append here, then call output_written */
	struct session *session;
	int fd;
	bool may_block; /* not a regular file: see session_wait_writable */
	int error;      /* the first failure, -errno; nothing is written after it */
};

/* The session may be NULL: then nothing interrupts a write. */
void output_open(struct output *output, int fd, struct session *session);

/* Appends a text and a newline unchanged, and calls output_written. Returns 0, -ENOMEM or the
 * error. */
int output_line(struct output *output, const char *text);

/* Writes the buffer if it holds a block. 0 or the error. */
int output_written(struct output *output);

/* Writes the buffer. Returns 0, -EPIPE if the reader closed the pipe, -EINTR if the reader was
 * still slow after a signal to end, or another -errno. */
int output_flush(struct output *output);

/*
 * Frees the buffer and returns the exit status, after a report on stderr: 3 if the command failed
 * with `error` (0, or another error than the output's), 4 for the output's own error; otherwise
 * `status`, also if the reader closed the pipe (`| head`).
 */
int output_close(struct output *output, const struct options *options, int error, int status);

#endif
