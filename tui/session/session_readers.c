/* SPDX-License-Identifier: Apache-2.0 */
/* The streams of other nodes, which a few threads read (core/source/stream/stream_reader.h). */
#include <errno.h>
#include <unistd.h>

#include "core/base/descriptor_limit.h"
#include "core/source/stream/stream.h"
#include "core/source/stream/stream_reader.h"
#include "tui/session/session_internal.h"

/* A further reader is started for each STREAMS_PER_READER streams, up to one for each CPU. */
#define STREAMS_PER_READER 16

/* The descriptors of a stream: output and standard error. */
#define DESCRIPTORS_PER_STREAM 2
/* Those of everything else. */
#define OTHER_DESCRIPTORS 256

void session_raise_limit(size_t streams)
{
	/* If the limit does not suffice, the streams beyond it report that. */
	descriptor_limit_raise(streams * DESCRIPTORS_PER_STREAM + OTHER_DESCRIPTORS);
}

/* Returns how many readers the present number of streams needs. */
static size_t session_wanted_readers(const struct session *session)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	size_t most = processors < 1 ? 1 : (size_t)processors;
	size_t wanted = session->stream_count / STREAMS_PER_READER + 1;

	if (most > SESSION_READERS_MAX)
		most = SESSION_READERS_MAX;
	return wanted < most ? wanted : most;
}

/* Finds the reader of the next stream. Returns 0 or -errno. */
static int session_next_reader(struct session *session, struct source **out)
{
	if (session->reader_count < session_wanted_readers(session)) {
		struct source *source = NULL;
		int error = stream_reader_start(&source);
		if (error)
			return error;
		error = session_poll_descriptor(session, spsc_fd(source_queue(source)),
						SESSION_TAG_READER + session->reader_count);
		if (error) {
			source_free(source);
			return error;
		}
		session->readers[session->reader_count++].source = source;
	}
	*out = session->readers[session->stream_count % session->reader_count].source;
	return 0;
}

/* Adds and starts a source that a reader carries. Returns 0 or -errno. */
static int session_add_stream(struct session *session, struct source *source)
{
	int error = session_add_source(session, source, false);

	if (error)
		return error;
	session->stream_count++;
	return source_start(source);
}

int session_add_command(struct session *session, const char *command)
{
	struct source *reader = NULL;
	struct source *source = NULL;
	int error = session_next_reader(session, &reader);

	if (!error)
		error = stream_source_open_command(command, reader,
						   (uint32_t)session->source_count + 1, &source);
	return error ? error : session_add_stream(session, source);
}

int session_add_pipe(struct session *session, int fd, const char *name)
{
	struct source *reader = NULL;
	struct source *source = NULL;
	int error = session_next_reader(session, &reader);

	if (error) {
		close(fd);
		return error;
	}
	error = stream_source_open_pipe(fd, name, reader, (uint32_t)session->source_count + 1,
					&source);
	return error ? error : session_add_stream(session, source);
}

void session_free_readers(struct session *session)
{
	for (size_t i = 0; i < session->reader_count; i++)
		source_free(session->readers[i].source);
	session->reader_count = 0;
}
