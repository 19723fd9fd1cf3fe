/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/stream/recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

/* The size of one write(2) of an uncompressed file in bytes. */
#define RECORDER_BATCH_SIZE 65536

struct recorder {
	gzFile file;
	int error; /* the first error; sticky */
	struct buffer line;
};

int recorder_open(const char *path, struct recorder **out)
{
	struct recorder *recorder = calloc(1, sizeof(*recorder));
	size_t length = strlen(path);
	bool gzip = length > strlen(".gz") && strcmp(path + length - strlen(".gz"), ".gz") == 0;

	if (!recorder)
		return -ENOMEM;
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);
	int error = fd < 0 ? -errno : 0;
	/* With T, zlib does not compress. */
	if (!error && !(recorder->file = gzdopen(fd, gzip ? "w" : "wT"))) {
		close(fd);
		error = -ENOMEM;
	}
	if (error) {
		free(recorder);
		return error;
	}
	gzbuffer(recorder->file, RECORDER_BATCH_SIZE);
	*out = recorder;
	return 0;
}

/* Stores the first error and returns it. `code` is the result of the last call to zlib. */
static int recorder_check(struct recorder *recorder, int code)
{
	if (!recorder->error && code != Z_OK)
		recorder->error = code == Z_ERRNO ? -errno : code == Z_MEM_ERROR ? -ENOMEM : -EIO;
	return recorder->error;
}

int recorder_write(struct recorder *recorder, const struct record *record, const struct flow *names)
{
	int code = Z_OK;

	if (recorder->error)
		return recorder->error;
	buffer_clear(&recorder->line);
	int error = record_json_write(&recorder->line, record, names);
	if (error)
		return error == -ENOMEM ? recorder_check(recorder, Z_MEM_ERROR) : error;
	gzwrite(recorder->file, recorder->line.data, (unsigned int)recorder->line.length);
	gzerror(recorder->file, &code);
	return recorder_check(recorder, code);
}

int recorder_flush(struct recorder *recorder)
{
	if (recorder->error)
		return recorder->error;
	return recorder_check(recorder, gzflush(recorder->file, Z_SYNC_FLUSH));
}

int recorder_close(struct recorder *recorder)
{
	if (!recorder)
		return 0;
	int error = recorder_check(recorder, gzclose(recorder->file));
	buffer_free(&recorder->line);
	free(recorder);
	return error;
}
