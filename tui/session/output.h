/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Buffers lines for standard output. Writes a full block at once, and an incomplete block when the
 * session is idle. So the output needs few system calls under load, and has no delay otherwise.
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

/* Opens an output on `fd`. If `session` is NULL, nothing interrupts a write. */
void output_open(struct output *output, int fd, struct session *session);

/* Appends the text as it is, and a newline. Calls output_written. Returns 0, -ENOMEM or
 * output->error. */
int output_line(struct output *output, const char *text);

/* Writes the buffer if it holds a full block. Returns 0 or output->error. */
int output_written(struct output *output);

/* Writes the buffer. Returns 0, -EPIPE if the reader closed the pipe, -EINTR if the reader did not
 * read within a second after a signal to end (Ctrl-C, SIGTERM), or another -errno. */
int output_flush(struct output *output);

/*
 * Frees the buffer, reports an error on stderr, and returns the exit status:
 * - 3, if the command failed: `error` is neither 0 nor output->error;
 * - `status`, if the output has no error, or its reader closed the pipe (`| head`) or did not
 *   read in time (-EINTR);
 * - 4, for any other error of the output.
 */
int output_close(struct output *output, const struct options *options, int error, int status);

#endif
