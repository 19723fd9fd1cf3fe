/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/stream/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/source/stream/stream_input.h"

static void stream_run_file(struct source *source, void *data)
{
	struct stream *stream = data;
	struct stream_line line = {0};
	int result;

	source_set_health(source, SOURCE_READY, 0, "%s", "");
	do {
		result = stream_lines_next(stream->lines, source_stop_fd(source), NULL, &line);
		result = stream_handle_next(source, stream, result, &line);
	} while (result == 1);
	if (result == 0 && stream->records == 0)
		stream_set_bad_input(source, stream, -EBADMSG, ": no records: it is empty");
}

static const struct source_operations file_operations = {
	.label = "recording",
	.run = stream_run_file,
	.free_data = stream_free,
};

int stream_source_open_file(const char *path, struct source **out)
{
	bool is_input = strcmp(path, "-") == 0;
	struct stream *stream = stream_new(is_input ? "standard input" : path);

	if (!stream)
		return -ENOMEM;
	/* Without O_NONBLOCK, the open of a named pipe waits for its writer. */
	stream->fd = is_input ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
			      : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	int error = stream->fd < 0 ? -errno : 0;
	if (!error)
		error = stream_lines_new(stream->fd, RECORD_JSON_LINE_MAX, &stream->lines);
	if (!error)
		return source_new(&file_operations, stream, out);
	stream_free(stream);
	return error;
}
