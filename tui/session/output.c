/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/session/output.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tui/options/options.h"
#include "tui/session/session.h"

#define BLOCK_SIZE (64u << 10)
/* A pipe that poll(2) reports as writable accepts this many bytes without blocking (PIPE_BUF in
 * linux/limits.h). */
#define PIPE_ROOM 4096

void output_open(struct output *output, int fd, struct session *session)
{
	struct stat status;

	*output = (struct output){.fd = fd, .session = session};
	output->may_block = fstat(fd, &status) == 0 && !S_ISREG(status.st_mode);
}

int output_line(struct output *output, const char *text)
{
	if (buffer_append_text(&output->buffer, text) || buffer_append_char(&output->buffer, '\n'))
		return output->buffer.error;
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

/* Returns whether nobody can read the output any more. */
static bool output_is_gone(const struct output *output)
{
	struct pollfd polled = {.fd = output->fd};

	return poll(&polled, 1, 0) > 0 && (polled.revents & (POLLERR | POLLHUP));
}

int output_close(struct output *output, const struct options *options, int error, int status)
{
	buffer_free(&output->buffer);
	/* The session may have ended because the reader is gone, before a write failed. */
	if (!output->error && output_is_gone(output))
		output->error = -EPIPE;
	if (error && error != output->error)
		return options_report(options, 3, "%s", strerror(-error));
	switch (output->error) {
	case 0:
	case -EPIPE:
		return status;
	case -EINTR:
		return options_report(options, status,
				      "standard output: nobody reads it; the last lines were left "
				      "out");
	default:
		return options_report(options, 4, "standard output: %s", strerror(-output->error));
	}
}
