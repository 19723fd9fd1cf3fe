/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* pipe2 */
#include "core/source/cluster/node_stream.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/source/child.h"
#include "core/source/identity_source.h"

/* The time for kubectl to exit after it has closed its standard error. */
#define EXIT_NS (2 * NS_PER_SECOND)

/* The line that kubectl adds if the agent has failed (k8s.io/kubectl, cmd/util). */
#define EXIT_WORDS "command terminated with exit code"

/* A stream that lasted as long as this was a good one: the back-off begins anew. */
#define GOOD_MS 30000u

int node_stream_open(struct node_stream *stream)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	stream->pipe = ends[1];
	return ends[0];
}

void node_stream_close(struct node_stream *stream)
{
	child_free(stream->child);
	stream->child = NULL;
	if (stream->pipe >= 0)
		close(stream->pipe);
	stream->pipe = -1;
}

/* Returns whether the reader of the records lets the stream wait. The agent cannot answer then. */
static bool node_stream_is_full(const struct node_stream *stream)
{
	struct pollfd polled = {.fd = stream->pipe, .events = POLLOUT};

	return poll(&polled, 1, 0) == 0;
}

int node_stream_connect(struct node_stream *stream, const struct kubectl *kubectl,
			const char *const *command, uint64_t now_ms)
{
	const char *argv[KUBECTL_ARGUMENTS_MAX + 16];
	struct kubectl without_limit = *kubectl;
	int error = 0;
	CLEANUP_BUFFER struct buffer texts = {0};
	const struct child_options options = {
		.arguments = argv,
		.has_input = true,
		.has_output = true,
		.output = stream->pipe,
	};

	/* Nobody else writes to the pipe now. A line that was cut ends here. */
	if (stream->cut && (node_stream_is_full(stream) || write(stream->pipe, "\n", 1) != 1))
		return -EAGAIN;
	stream->cut = false;
	/* --request-timeout would end the stream. */
	without_limit.request_timeout = NULL;
	error = kubectl_command(&without_limit, command, &texts, argv);
	if (!error)
		error = child_open(&options, &stream->child);
	stream->answers = false;
	stream->connect_ms = now_ms;
	stream->answer_ms = now_ms;
	stream->beat_ms = now_ms;
	return error;
}

int node_stream_fd(const struct node_stream *stream)
{
	return stream->child ? child_watch(stream->child)->fd : -1;
}

uint64_t node_stream_beat(struct node_stream *stream, uint64_t now_ms)
{
	if (!stream->child)
		return UINT64_MAX;
	if (now_ms >= stream->beat_ms) {
		ssize_t written = write(child_input(stream->child), "\n", 1);
		(void)written; /* a full pipe: the stall is noticed without it */
		stream->beat_ms = now_ms + NODE_STREAM_BEAT_MS;
	}
	return stream->beat_ms;
}

bool node_stream_read(struct node_stream *stream, uint64_t now_ms, struct node_gap *gap)
{
	struct fd_watch *watch = child_watch(stream->child);

	watch->readable(watch);
	stream->answer_ms = now_ms;
	if (stream->answers || child_blank_lines(stream->child) == 0)
		return false;
	stream->answers = true;
	stream->was_watched = true;
	if (stream->lost_ns == 0)
		return false;
	*gap = (struct node_gap){.from_ns = stream->lost_ns, .until_ns = clock_real_ns()};
	stream->lost_ns = 0;
	return true;
}

bool node_stream_is_over(const struct node_stream *stream, uint64_t now_ms)
{
	if (!stream->child)
		return false;
	if (child_watch(stream->child)->fd < 0)
		return true;
	return now_ms - stream->answer_ms > NODE_STREAM_STALL_MS && !node_stream_is_full(stream);
}

/* Returns the words of the failure. Behind those of the agent, kubectl adds its own line. */
static const char *node_stream_last_words(const struct child *child)
{
	const char *last = child_last_line(child);
	const char *before = child_line_before(child);

	return strncmp(last, EXIT_WORDS, strlen(EXIT_WORDS)) == 0 && before[0] != '\0' ? before
										       : last;
}

bool node_stream_disconnect(struct node_stream *stream, uint64_t now_ms,
			    struct kubectl_error *error)
{
	bool stalled = child_watch(stream->child)->fd >= 0;
	bool answered = stream->answers;
	int status = 0;

	*error = (struct kubectl_error){0};
	if (stalled)
		snprintf(error->message, sizeof(error->message), "the agent does not answer");
	else
		(void)child_wait(stream->child, -1, clock_monotonic_ns() + EXIT_NS, &status);
	if (child_last_line(stream->child)[0] != '\0')
		kubectl_explain(node_stream_last_words(stream->child), error);
	child_free(stream->child);
	stream->child = NULL;
	stream->cut = true;
	if (stream->was_watched && stream->lost_ns == 0)
		stream->lost_ns = clock_real_ns() -
				  (stalled ? (now_ms - stream->answer_ms) * NS_PER_MILLISECOND : 0);
	if (answered && now_ms - stream->connect_ms > GOOD_MS)
		stream->wait_ms = 0;
	stream->again_ms = now_ms + identity_backoff_next(&stream->wait_ms);
	stream->answers = false;
	return answered;
}
