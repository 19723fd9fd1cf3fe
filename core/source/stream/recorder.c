/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/stream/recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

/* Lines are written when as much has come together. */
#define BATCH_SIZE 65536

/* What deflate writes before it is handed on. */
#define DEFLATED_SIZE 65536

/* 15 bits of window, and 16 for a gzip header (zlib.h, deflateInit2); 8 is zlib's own default for
 * memory. */
#define GZIP_WINDOW_BITS  (15 + 16)
#define GZIP_MEMORY_LEVEL 8

struct recorder {
	int fd;
	int error; /* the first one */
	bool gzip;
	z_stream deflater;
	struct record_json_buffer lines;
	unsigned char deflated[DEFLATED_SIZE];
};

static bool ends_with(const char *text, const char *end)
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
	recorder->gzip = ends_with(path, ".gz");
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

/* Notes the first error. */
static int fail(struct recorder *recorder, int error)
{
	if (!recorder->error)
		recorder->error = error;
	return recorder->error;
}

static int write_all(struct recorder *recorder, const void *data, size_t length)
{
	const char *at = data;

	while (length > 0) {
		ssize_t written = write(recorder->fd, at, length);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return fail(recorder, -errno);
		at += written;
		length -= (size_t)written;
	}
	return 0;
}

/* Compresses the lines so far. flush is zlib's. */
static int deflate_lines(struct recorder *recorder, int flush)
{
	z_stream *deflater = &recorder->deflater;

	deflater->next_in = (Bytef *)recorder->lines.data;
	deflater->avail_in = (uInt)recorder->lines.length;
	do {
		deflater->next_out = recorder->deflated;
		deflater->avail_out = sizeof(recorder->deflated);
		if (deflate(deflater, flush) == Z_STREAM_ERROR)
			return fail(recorder, -EIO);
		int error = write_all(recorder, recorder->deflated,
				      sizeof(recorder->deflated) - deflater->avail_out);
		if (error)
			return error;
	} while (deflater->avail_out == 0);
	return 0;
}

static int drain(struct recorder *recorder, int flush)
{
	int error = recorder->error;

	if (!error && recorder->gzip)
		error = deflate_lines(recorder, flush);
	else if (!error)
		error = write_all(recorder, recorder->lines.data, recorder->lines.length);
	recorder->lines.length = 0;
	return error;
}

int recorder_write(struct recorder *recorder, const struct record *record,
		   const struct record_json_names *names)
{
	if (recorder->error)
		return recorder->error;
	int error = record_json_write(&recorder->lines, record, names);
	if (error == -ENOMEM)
		return fail(recorder, error);
	if (error)
		return error;
	return recorder->lines.length >= BATCH_SIZE ? drain(recorder, Z_NO_FLUSH) : 0;
}

int recorder_flush(struct recorder *recorder)
{
	return drain(recorder, Z_SYNC_FLUSH);
}

int recorder_close(struct recorder *recorder)
{
	if (!recorder)
		return 0;
	drain(recorder, Z_FINISH);
	if (recorder->gzip)
		deflateEnd(&recorder->deflater);
	if (close(recorder->fd) < 0 && errno != EINTR)
		fail(recorder, -errno);
	int error = recorder->error;
	free(recorder->lines.data);
	free(recorder);
	return error;
}
