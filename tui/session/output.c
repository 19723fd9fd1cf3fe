/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/session/output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/array.h"
#include "tui/session/session.h"

#define BLOCK_SIZE (64u << 10)
/* A pipe that poll(2) reports as ready takes this much without blocking: PIPE_BUF of
 * linux/limits.h. */
#define PIPE_ROOM 4096

void output_open(struct output *output, int fd, struct session *session)
{
	struct stat status;

	*output = (struct output){.fd = fd, .session = session};
	output->may_block = fstat(fd, &status) == 0 && !S_ISREG(status.st_mode);
}

void output_free(struct output *output)
{
	free(output->buffer.data);
	output->buffer = (struct buffer){0};
}

int output_line(struct output *output, const char *text)
{
	struct buffer *buffer = &output->buffer;
	size_t length = strlen(text);

	if (ARRAY_RESERVE(buffer->data, buffer->capacity, buffer->length + length + 2))
		return -ENOMEM;
	memcpy(buffer->data + buffer->length, text, length);
	buffer->length += length;
	buffer->data[buffer->length++] = '\n';
	buffer->data[buffer->length] = '\0';
	return output_written(output);
}

int output_written(struct output *output)
{
	return output->buffer.length >= BLOCK_SIZE ? output_flush(output) : output->error;
}

int output_flush(struct output *output)
{
	size_t done = 0;

	while (!output->error && done < output->buffer.length) {
		size_t length = output->buffer.length - done;
		if (output->may_block && output->session) {
			output->error = session_wait_writable(output->session, output->fd);
			if (output->error)
				break;
			if (length > PIPE_ROOM)
				length = PIPE_ROOM;
		}
		ssize_t written = write(output->fd, output->buffer.data + done, length);
		if (written >= 0)
			done += (size_t)written;
		else if (errno != EINTR && errno != EAGAIN)
			output->error = -errno;
	}
	output->buffer.length = 0;
	return output->error;
}

int output_status(const struct output *output, const char *program, int otherwise)
{
	switch (output->error) {
	case 0:
	case -EPIPE:
		return otherwise;
	case -EINTR:
		fprintf(stderr,
			"%s: standard output: nobody reads it; the last lines were left out\n",
			program);
		return otherwise;
	default:
		fprintf(stderr, "%s: standard output: %s\n", program, strerror(-output->error));
		return 4;
	}
}
