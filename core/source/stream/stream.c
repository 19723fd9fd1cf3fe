/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/stream/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "core/base/cleanup.h"
#include "core/base/memory.h"
#include "core/record/json/record_json.h"
#include "core/source/child.h"
#include "core/source/stream/stream_lines.h"

/* The maximum length of a command or a path in a message, so that the reason fits, too. */
#define SHOWN_NAME 160

/* The exit status of a polecat that read incomplete data. */
#define INCOMPLETE_STATUS 6

struct stream {
	char *name;          /* the path, "standard input", or the command */
	struct child *child; /* the command; NULL: a recording or a pipe */
	bool lenient;        /* an unreadable line is counted and skipped */
	int fd;              /* the input; `child` owns it, or the stream if child is NULL */
	struct stream_lines *lines;
	uint64_t records;    /* records read, including those of unknown kinds */
	uint64_t unreadable; /* unreadable lines of the command's output */
	bool bad_input;      /* stream_set_bad_input was called */
	/* The number and the error of the first unreadable line. */
	uint64_t first_unreadable;
	struct record_json_error first_error;
};

static void stream_free(void *data)
{
	struct stream *stream = data;

	if (!stream)
		return;
	stream_lines_free(stream->lines);
	if (stream->fd >= 0 && !stream->child)
		close(stream->fd);
	child_free(stream->child);
	free(stream->name);
	free(stream);
}

/* Sets SOURCE_BROKEN with the error (-EBADMSG or -ENODATA). The message is the stream's name and
 * the formatted text. */
__attribute__((format(printf, 4, 5))) static void stream_set_bad_input(struct source *source,
								       struct stream *stream,
								       int error,
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

/* Handles an unreadable line. Returns true to continue with the next line. */
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

/* Reads to the end of the input. Returns 0, -ECANCELED, or another error after setting the source's
 * health. */
static int stream_read_all(struct source *source, struct stream *stream)
{
	struct fd_watch *watch = stream->child ? child_watch(stream->child) : NULL;
	struct stream_line line = {0};

	for (;;) {
		int result = stream_lines_next(stream->lines, source_stop_fd(source), watch, &line);
		bool continues;
		if (result == 0)
			return 0;
		if (result == -E2BIG) {
			struct record_json_error error = {0};
			snprintf(error.message, sizeof(error.message),
				 "a line of at most %u bytes was expected", RECORD_JSON_LINE_MAX);
			continues = stream_handle_unreadable(source, stream, &line, result, &error);
		} else if (result < 0) {
			stream_handle_read_error(source, stream, result, line.number);
			return result;
		} else {
			continues = stream_handle_line(source, stream, &line);
		}
		if (!continues)
			return stream->bad_input ? -EBADMSG : -ECANCELED;
	}
}

static void stream_run_file(struct source *source, void *data)
{
	struct stream *stream = data;

	source_set_health(source, SOURCE_READY, 0, "%s", "");
	if (stream_read_all(source, stream) == 0 && stream->records == 0)
		stream_set_bad_input(source, stream, -EBADMSG, ": no records: it is empty");
}

static void stream_report_exit(struct source *source, struct stream *stream, int status)
{
	const char *last = child_last_line(stream->child);
	const char *separator = *last != '\0' ? ": " : "";

	if (WIFSIGNALED(status))
		source_set_health(source, SOURCE_BROKEN, -EPIPE,
				  "'%.*s' was ended by signal %d (%s)%s%s", SHOWN_NAME,
				  stream->name, WTERMSIG(status), strsignal(WTERMSIG(status)),
				  separator, last);
	else if (WEXITSTATUS(status) == INCOMPLETE_STATUS)
		source_set_health(source, SOURCE_ENDED, -ENODATA,
				  "'%.*s' ended with status %d: its data is incomplete%s%s",
				  SHOWN_NAME, stream->name, INCOMPLETE_STATUS, separator, last);
	else if (WEXITSTATUS(status) != 0)
		source_set_health(source, SOURCE_BROKEN, -EPIPE, "'%.*s' ended with status %d%s%s",
				  SHOWN_NAME, stream->name, WEXITSTATUS(status), separator, last);
	else if (stream->records == 0 && stream->unreadable > 0)
		source_set_health(source, SOURCE_BROKEN, -EBADMSG,
				  "'%.*s' wrote no records; line %" PRIu64 ": %s", SHOWN_NAME,
				  stream->name, stream->first_unreadable,
				  stream->first_error.message);
}

static void stream_run_command(struct source *source, void *data)
{
	struct stream *stream = data;
	int status = 0;

	if (stream_read_all(source, stream) == 0 &&
	    child_wait(stream->child, source_stop_fd(source), UINT64_MAX, &status) == 0)
		stream_report_exit(source, stream, status);
	child_stop(stream->child);
}

static void stream_run_pipe(struct source *source, void *data)
{
	(void)stream_read_all(source, data);
}

static const struct source_operations file_operations = {
	.label = "recording",
	.run = stream_run_file,
	.free_data = stream_free,
};

static const struct source_operations command_operations = {
	.label = "stream",
	.run = stream_run_command,
	.free_data = stream_free,
};

static const struct source_operations pipe_operations = {
	.label = "stream",
	.run = stream_run_pipe,
	.free_data = stream_free,
};

static struct stream *stream_new(const char *name)
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

/* Makes the source, which owns the stream. `error` is 0, or the -errno of opening fd. Returns 0, or
 * -errno with the stream freed. */
static int stream_make_source(struct stream *stream, int error,
			      const struct source_operations *operations, struct source **out)
{
	if (!error)
		error = stream_lines_new(stream->fd, RECORD_JSON_LINE_MAX, &stream->lines);
	if (!error)
		return source_new(operations, stream, out);
	stream_free(stream);
	return error;
}

int stream_source_open_file(const char *path, struct source **out)
{
	bool is_input = strcmp(path, "-") == 0;
	struct stream *stream = stream_new(is_input ? "standard input" : path);

	if (!stream)
		return -ENOMEM;
	/* Without O_NONBLOCK, the open of a named pipe waits for its writer. */
	stream->fd = is_input ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
			      : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	return stream_make_source(stream, stream->fd < 0 ? -errno : 0, &file_operations, out);
}

int stream_source_open_command(const char *command, struct source **out)
{
	struct stream *stream = stream_new(command);

	if (!stream)
		return -ENOMEM;
	stream->lenient = true;
	int error = child_start(command, &stream->child);
	if (!error)
		stream->fd = child_output(stream->child);
	return stream_make_source(stream, error, &command_operations, out);
}

int stream_source_open_pipe(int fd, const char *name, struct source **out)
{
	struct stream *stream = stream_new(name);

	if (!stream) {
		close(fd);
		return -ENOMEM;
	}
	stream->lenient = true;
	stream->fd = fd;
	return stream_make_source(stream, 0, &pipe_operations, out);
}
