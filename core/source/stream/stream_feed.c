/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/stream/stream_feed.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/memory.h"
#include "core/sandbox/spawner.h"
#include "core/source/child.h"
#include "core/source/stream/stream.h"
#include "core/source/stream/stream_input.h"

/* The exit status of a polecat that read incomplete data. */
#define INCOMPLETE_STATUS 6

static void stream_feed_free(void *data)
{
	struct stream_feed *feed = data;

	if (!feed)
		return;
	stream_free(feed->stream);
	child_free(feed->child);
	free(feed);
}

static const struct source_operations feed_operations = {
	.label = "stream",
	.free_data = stream_feed_free,
};

/* Makes a feed and its source. Frees the descriptor (-1: none) on failure. */
static int stream_feed_new(const char *name, int fd, struct source *reader, uint32_t origin,
			   struct stream_feed **out)
{
	struct stream_feed *feed = memory_checked(calloc(1, sizeof(*feed)));
	struct stream *stream = feed ? stream_new(name) : NULL;

	if (!stream) {
		if (fd >= 0)
			close(fd);
		free(feed);
		return -ENOMEM;
	}
	stream->lenient = true;
	stream->fd = fd;
	feed->stream = stream;
	feed->is_command = fd < 0;
	/* The source owns the feed, and frees it if this call fails. */
	int error = source_new_carried(&feed_operations, feed, reader, origin, &feed->source);
	if (!error)
		*out = feed;
	return error;
}

int stream_source_open_command(const char *text, struct source *reader, uint32_t origin,
			       struct source **out)
{
	struct stream_feed *feed = NULL;
	int error = stream_feed_new(text, -1, reader, origin, &feed);

	if (!error)
		*out = feed->source;
	return error;
}

int stream_source_open_pipe(int fd, const char *name, struct source *reader, uint32_t origin,
			    struct source **out)
{
	struct stream_feed *feed = NULL;
	int error = stream_feed_new(name, fd, reader, origin, &feed);

	if (!error)
		*out = feed->source;
	return error;
}

void stream_feed_start(struct stream_feed *feed, unsigned char *room)
{
	struct stream *stream = feed->stream;
	int error = feed->is_command ? child_start(stream->name, &feed->child) : 0;

	if (!error)
		error = stream_lines_new_shared(stream_feed_output(feed), RECORD_JSON_LINE_MAX,
						room, &stream->lines);
	if (!error) {
		feed->phase = STREAM_FEED_READING;
		return;
	}
	source_set_health(feed->source, SOURCE_BROKEN, -EPIPE, "'%.*s' cannot be started: %s%s",
			  SHOWN_NAME, stream->name, spawner_explain(error),
			  error == -EMFILE ? "; raise the limit (ulimit -n)" : "");
	stream_feed_stop(feed);
}

size_t stream_feed_read(struct stream_feed *feed)
{
	struct stream *stream = feed->stream;
	struct stream_line line = {0};
	int result;

	stream_lines_allow_read(stream->lines);
	do {
		result = stream_lines_next(stream->lines, -1, NULL, &line);
		result = stream_handle_next(feed->source, stream, result, &line);
	} while (result == 1);
	source_flush(feed->source);
	if (result == 0)
		feed->phase = feed->child ? STREAM_FEED_EXITING : STREAM_FEED_OVER;
	else if (result != -EAGAIN)
		stream_feed_stop(feed);
	return stream_lines_read_size(stream->lines);
}

void stream_feed_read_errors(struct stream_feed *feed)
{
	struct fd_watch *watch = child_watch(feed->child);

	watch->readable(watch);
}

void stream_feed_stop(struct stream_feed *feed)
{
	if (!feed->child) {
		feed->phase = STREAM_FEED_OVER;
		return;
	}
	child_begin_stop(feed->child);
	feed->phase = STREAM_FEED_STOPPING;
}

static void stream_feed_report_exit(const struct stream_feed *feed, int status)
{
	const struct stream *stream = feed->stream;
	const char *last = child_last_line(feed->child);
	const char *separator = *last != '\0' ? ": " : "";

	if (WIFSIGNALED(status))
		source_set_health(feed->source, SOURCE_BROKEN, -EPIPE,
				  "'%.*s' was ended by signal %d (%s)%s%s", SHOWN_NAME,
				  stream->name, WTERMSIG(status), strsignal(WTERMSIG(status)),
				  separator, last);
	else if (WEXITSTATUS(status) == INCOMPLETE_STATUS)
		source_set_health(feed->source, SOURCE_ENDED, -ENODATA,
				  "'%.*s' ended with status %d: its data is incomplete%s%s",
				  SHOWN_NAME, stream->name, INCOMPLETE_STATUS, separator, last);
	else if (WEXITSTATUS(status) != 0)
		source_set_health(feed->source, SOURCE_BROKEN, -EPIPE,
				  "'%.*s' ended with status %d%s%s", SHOWN_NAME, stream->name,
				  WEXITSTATUS(status), separator, last);
	else if (stream->records == 0 && stream->unreadable > 0)
		source_set_health(feed->source, SOURCE_BROKEN, -EBADMSG,
				  "'%.*s' wrote no records; line %" PRIu64 ": %s", SHOWN_NAME,
				  stream->name, stream->first_unreadable,
				  stream->first_error.message);
}

void stream_feed_poll(struct stream_feed *feed)
{
	int status = 0;

	if (feed->phase == STREAM_FEED_STOPPING) {
		if (child_poll_stop(feed->child))
			feed->phase = STREAM_FEED_OVER;
	} else if (child_poll_exit(feed->child, &status) == 0) {
		stream_feed_report_exit(feed, status);
		feed->phase = STREAM_FEED_OVER;
	}
}

int stream_feed_output(const struct stream_feed *feed)
{
	return feed->child ? child_output(feed->child) : feed->stream->fd;
}

int stream_feed_errors(const struct stream_feed *feed)
{
	return feed->child ? child_watch(feed->child)->fd : -1;
}
