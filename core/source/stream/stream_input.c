/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/stream/stream_input.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/memory.h"

struct stream *stream_new(const char *name)
{
	struct stream *stream = memory_checked(calloc(1, sizeof(*stream)));

	if (!stream)
		return NULL;
	stream->fd = -1;
	stream->name = memory_checked(strdup(name));
	if (!stream->name) {
		stream_free(stream);
		return NULL;
	}
	return stream;
}

void stream_free(void *data)
{
	struct stream *stream = data;

	if (!stream)
		return;
	stream_lines_free(stream->lines);
	if (stream->fd >= 0)
		close(stream->fd);
	free(stream->name);
	free(stream);
}

void stream_set_bad_input(struct source *source, struct stream *stream, int error,
			  const char *format, ...)
{
	char reason[SOURCE_MESSAGE_SIZE];
	va_list arguments;

	va_start(arguments, format);
	/* clang-tidy 14 does not recognise va_start here. */
	vsnprintf(reason, sizeof(reason), format, arguments); /* NOLINT(clang-analyzer-valist.*) */
	va_end(arguments);
	source_set_health(source, SOURCE_BROKEN, error, "%.*s%s", SHOWN_NAME, stream->name, reason);
	stream->bad_input = true;
}

/* Returns the error for a recording that is cut or damaged. If records precede the damage, the
 * recording is incomplete (-ENODATA). Otherwise it is unreadable (-EBADMSG). */
static int stream_torn_error(const struct stream *stream)
{
	return stream->records > 0 ? -ENODATA : -EBADMSG;
}

static void stream_set_unreadable(struct source *source, struct stream *stream,
				  const struct stream_line *line,
				  const struct record_json_error *error)
{
	if (error->column > 0)
		stream_set_bad_input(source, stream, -EBADMSG, ":%" PRIu64 ":%zu: %s", line->number,
				     error->column, error->message);
	else
		stream_set_bad_input(source, stream, -EBADMSG, ":%" PRIu64 ": %s", line->number,
				     error->message);
}

static bool stream_handle_unreadable(struct source *source, struct stream *stream,
				     const struct stream_line *line, int result,
				     const struct record_json_error *error)
{
	if (result == -ENOMEM) {
		source_count_lost(source, LOST_MEMORY, 1);
		return true;
	}
	if (!stream->lenient && line->unterminated && error->incomplete) {
		stream_set_bad_input(source, stream, stream_torn_error(stream),
				     ": the recording ends in the middle of line %" PRIu64
				     "; the %" PRIu64 " records before it were read",
				     line->number, stream->records);
		return false;
	}
	if (!stream->lenient || result == -EPROTO) {
		stream_set_unreadable(source, stream, line, error);
		return false;
	}
	if (stream->unreadable == 0) {
		stream->first_unreadable = line->number;
		stream->first_error = *error;
		source_set_health(source, SOURCE_READY, 0,
				  "%.*s: line %" PRIu64 " could not be read: %s", SHOWN_NAME,
				  stream->name, line->number, error->message);
	}
	stream->unreadable++;
	source_count_lost(source, LOST_STREAM, 1);
	return true;
}

/* Reads and emits one line. Returns true to continue. */
static bool stream_handle_line(struct source *source, struct stream *stream,
			       const struct stream_line *line)
{
	struct record record;
	struct record_json_error error = {0};

	if (strspn(line->text, " \t\r") >= line->length)
		return true;
	int result = record_json_read(line->text, line->length, &record, &error);
	if (result && result != -ENOMSG)
		return stream_handle_unreadable(source, stream, line, result, &error);
	if (stream->records++ == 0 && stream->unreadable == 0)
		source_set_health(source, SOURCE_READY, 0, "%s", "");
	return result == -ENOMSG || source_emit_wait(source, &record);
}

/* Reports that the input cannot be read. stream_set_unreadable reports errors of a line. */
static void stream_handle_read_error(struct source *source, struct stream *stream, int error,
				     uint64_t line)
{
	if (error == -ENODATA || error == -EBADMSG) {
		stream_set_bad_input(source, stream, stream_torn_error(stream),
				     ": the compressed %s after line %" PRIu64 "; the %" PRIu64
				     " records before that were read",
				     error == -ENODATA ? "recording ends in the middle,"
						       : "data is damaged",
				     line, stream->records);
	} else if (error != -ECANCELED) {
		source_set_health(source, SOURCE_BROKEN, error, "%.*s: %s", SHOWN_NAME,
				  stream->name, strerror(-error));
		stream->bad_input = true;
	}
}

int stream_handle_next(struct source *source, struct stream *stream, int result,
		       const struct stream_line *line)
{
	bool continues;

	if (result == 0 || result == -EAGAIN)
		return result;
	if (result == -E2BIG) {
		struct record_json_error error = {0};
		snprintf(error.message, sizeof(error.message),
			 "a line of at most %u bytes was expected", RECORD_JSON_LINE_MAX);
		continues = stream_handle_unreadable(source, stream, line, result, &error);
	} else if (result < 0) {
		stream_handle_read_error(source, stream, result, line->number);
		return result;
	} else {
		continues = stream_handle_line(source, stream, line);
	}
	if (continues)
		return 1;
	return stream->bad_input ? -EBADMSG : -ECANCELED;
}
