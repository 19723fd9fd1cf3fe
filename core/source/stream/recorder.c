/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/stream/recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "core/base/memory.h"
#include "core/source/stream/record_file.h"

/* The size of one write(2) of an uncompressed file in bytes. */
#define RECORDER_BATCH_SIZE 65536

struct recorder {
	gzFile file; /* NULL before the first record, which may empty the file */
	int fd;      /* `file` owns it, or the recorder if `file` is NULL */
	bool gzip;
	bool replace; /* the file has content that the first record replaces */
	bool append;  /* the file has content that stays */
	int error;    /* the first error; sticky */
	struct buffer line;
};

const char *recorder_strerror(int error)
{
	switch (error) {
	case -EEXIST:
		return "the file exists; --append adds to it, --force replaces it";
	case -ELOOP:
		return "a symbolic link, which is not followed; name the file itself";
	case -ENOTSUP:
	case -ENXIO:
		return "not a regular file; for a pipe, use trace -o json";
	case -ENODATA:
		return "the compressed recording is cut or damaged, so nothing can be added to it";
	case -EMEDIUMTYPE:
		return "the name and the content differ: only a name that ends in .gz is for "
		       "compressed recordings";
	case -EBADMSG:
		return "not a recording, so nothing is added to it";
	case -EWOULDBLOCK:
		return "another process records to it";
	case -EPERM:
		return "it belongs to another user, who could read the recording";
	default:
		return strerror(-error);
	}
}

/* Checks the file that was opened, and prepares it for the first record. Returns 0 or -errno. */
static int recorder_prepare(struct recorder *recorder, enum recorder_mode mode)
{
	struct stat status;
	bool device;

	if (fstat(recorder->fd, &status))
		return -errno;
	device = S_ISCHR(status.st_mode) && !isatty(recorder->fd);
	if (S_ISDIR(status.st_mode))
		return -EISDIR;
	if (!S_ISREG(status.st_mode) && !device)
		return -ENOTSUP;
	if (device)
		return 0;
	int error = record_file_lock(recorder->fd);
	if (error)
		return error;
	/* Read the size again: a recorder that had the lock may have written to the file before it
	 * ended. */
	if (fstat(recorder->fd, &status))
		return -errno;
	if (status.st_size == 0)
		return record_file_own(recorder->fd);
	switch (mode) {
	case RECORDER_NEW:
		break;
	case RECORDER_REPLACE:
		recorder->replace = true;
		return status.st_uid == geteuid() ? 0 : -EPERM;
	case RECORDER_APPEND:
		recorder->append = true;
		return record_file_check(recorder->fd, recorder->gzip);
	}
	return -EEXIST;
}

int recorder_open(const char *path, enum recorder_mode mode, struct recorder **out)
{
	struct recorder *recorder = memory_checked(calloc(1, sizeof(*recorder)));
	size_t length = strlen(path);
	/* The file is read only for RECORDER_APPEND, so a file without read permission can be
	 * replaced. */
	int access = mode == RECORDER_APPEND ? O_RDWR | O_APPEND : O_WRONLY;

	if (!recorder)
		return -ENOMEM;
	recorder->gzip =
		length > strlen(".gz") && strcmp(path + length - strlen(".gz"), ".gz") == 0;
	recorder->fd =
		open(path, access | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK, 0600);
	int error = recorder->fd < 0 ? -errno : recorder_prepare(recorder, mode);
	/* Callers take -EPERM as a wrong owner. open(2) returns EPERM for files with flags of
	 * chattr(1), so return another error for these. */
	if (recorder->fd < 0 && error == -EPERM)
		error = -EACCES;
	if (error) {
		if (recorder->fd >= 0)
			close(recorder->fd);
		free(recorder);
		return error;
	}
	*out = recorder;
	return 0;
}

/* Empties the file if it is to be replaced, and begins to write. Returns 0 or -errno. */
static int recorder_begin(struct recorder *recorder)
{
	int error = 0;

	if (recorder->replace) {
		error = record_file_own(recorder->fd);
		if (!error && ftruncate(recorder->fd, 0))
			error = -errno;
	} else if (recorder->append && !recorder->gzip) {
		error = record_file_end_line(recorder->fd);
	}
	if (error)
		return error;
	/* With T, zlib does not compress. */
	recorder->file = gzdopen(recorder->fd, recorder->gzip ? "w" : "wT");
	if (!recorder->file)
		return -ENOMEM;
	gzbuffer(recorder->file, RECORDER_BATCH_SIZE);
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
	if (!recorder->file) {
		recorder->error = recorder_begin(recorder);
		if (recorder->error)
			return recorder->error;
	}
	gzwrite(recorder->file, recorder->line.data, (unsigned int)recorder->line.length);
	gzerror(recorder->file, &code);
	return recorder_check(recorder, code);
}

int recorder_flush(struct recorder *recorder)
{
	if (recorder->error || !recorder->file)
		return recorder->error;
	return recorder_check(recorder, gzflush(recorder->file, Z_SYNC_FLUSH));
}

int recorder_close(struct recorder *recorder)
{
	if (!recorder)
		return 0;
	int error = recorder->error;
	if (recorder->file)
		error = recorder_check(recorder, gzclose(recorder->file));
	else
		close(recorder->fd);
	buffer_free(&recorder->line);
	free(recorder);
	return error;
}
