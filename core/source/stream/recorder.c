/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/stream/recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "core/base/file.h"

/* The size of a batch of lines in bytes. */
#define BATCH_SIZE 65536

/* The size of the output of one call of deflate. */
#define DEFLATED_SIZE 65536

/* A window of 15 bits, plus 16 for a gzip header, and zlib's default memory level (zlib.h,
 * deflateInit2). */
#define GZIP_WINDOW_BITS  (15 + 16)
#define GZIP_MEMORY_LEVEL 8

struct recorder {
	int fd;
	int error; /* the first one; sticky */
	bool gzip;
	z_stream deflater;
	struct buffer lines;
	unsigned char deflated[DEFLATED_SIZE];
};

static bool recorder_ends_with(const char *text, const char *end)
{
	size_t length = strlen(text);
	size_t end_length = strlen(end);

	return length > end_length && strcmp(text + length - end_length, end) == 0;
}

int recorder_open(const char *path, struct recorder **out)
{
	struct recorder *recorder = calloc(1, sizeof(*recorder));
	int error;

	if (!recorder)
		return -ENOMEM;
	recorder->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);
	if (recorder->fd < 0) {
		error = -errno;
		goto fail;
	}
	recorder->gzip = recorder_ends_with(path, ".gz");
	if (recorder->gzip &&
	    deflateInit2(&recorder->deflater, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW_BITS,
			 GZIP_MEMORY_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK) {
		close(recorder->fd);
		error = -ENOMEM;
		goto fail;
	}
	*out = recorder;
	return 0;

fail:
	free(recorder);
	return error;
}

/* Keeps the first error and returns it. */
static int recorder_fail(struct recorder *recorder, int error)
{
	if (!recorder->error)
		recorder->error = error;
	return recorder->error;
}

static int recorder_write_all(struct recorder *recorder, const void *data, size_t length)
{
	int error = file_write_all(recorder->fd, data, length);

	return error ? recorder_fail(recorder, error) : 0;
}

/* Compresses the lines. flush is zlib's. */
static int recorder_deflate_lines(struct recorder *recorder, int flush)
{
	z_stream *deflater = &recorder->deflater;

	deflater->next_in = (Bytef *)recorder->lines.data;
	deflater->avail_in = (uInt)recorder->lines.length;
	do {
		deflater->next_out = recorder->deflated;
		deflater->avail_out = sizeof(recorder->deflated);
		if (deflate(deflater, flush) == Z_STREAM_ERROR)
			return recorder_fail(recorder, -EIO);
		int error = recorder_write_all(recorder, recorder->deflated,
					       sizeof(recorder->deflated) - deflater->avail_out);
		if (error)
			return error;
	} while (deflater->avail_out == 0);
	return 0;
}

static int recorder_drain(struct recorder *recorder, int flush)
{
	int error = recorder->error;

	if (!error && recorder->gzip)
		error = recorder_deflate_lines(recorder, flush);
	else if (!error)
		error = recorder_write_all(recorder, recorder->lines.data, recorder->lines.length);
	recorder->lines.length = 0;
	return error;
}

int recorder_write(struct recorder *recorder, const struct record *record, const struct flow *names)
{
	if (recorder->error)
		return recorder->error;
	int error = record_json_write(&recorder->lines, record, names);
	if (error == -ENOMEM)
		return recorder_fail(recorder, error);
	if (error)
		return error;
	return recorder->lines.length >= BATCH_SIZE ? recorder_drain(recorder, Z_NO_FLUSH) : 0;
}

int recorder_flush(struct recorder *recorder)
{
	return recorder_drain(recorder, Z_SYNC_FLUSH);
}

int recorder_close(struct recorder *recorder)
{
	if (!recorder)
		return 0;
	recorder_drain(recorder, Z_FINISH);
	if (recorder->gzip)
		deflateEnd(&recorder->deflater);
	if (close(recorder->fd) < 0 && errno != EINTR)
		recorder_fail(recorder, -errno);
	int error = recorder->error;
	free(recorder->lines.data);
	free(recorder);
	return error;
}
