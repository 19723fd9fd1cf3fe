/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Buffers lines for standard output. Writes a block when it is full, and the rest when the session
 * is idle: few system calls under load, no delay otherwise.
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
	bool may_block; /* not a regular file: see session_wait_writable */
	int error;      /* the first failure, -errno; nothing is written after it */
};

/* The session may be NULL: then nothing interrupts a write. */
void output_open(struct output *output, int fd, struct session *session);
void output_free(struct output *output);

/* Appends a text and a newline unchanged, and calls output_written. 0, -ENOMEM or the error. */
int output_line(struct output *output, const char *text);

/* Writes the buffer if it holds a block. 0 or the error. */
int output_written(struct output *output);

/* Writes the buffer. 0, -EPIPE if the reader closed the pipe, -EINTR if the reader was still slow
 * after a signal to end, or another -errno. */
int output_flush(struct output *output);

/*
 * Reports the output's error on stderr and returns the exit status: `otherwise` without an error, or
 * if the reader closed the pipe (`| head`).
 */
int output_status(const struct output *output, const char *program, int otherwise);

#endif
