/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* memrchr */
#include "core/source/stream/record_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "core/base/file.h"
#include "core/base/memory.h"
#include "core/record/json/record_json.h"
#include "core/source/stream/stream_lines.h"

/* The size of one read(2) in bytes. */
#define READ_SIZE 65536

int record_file_lock(int fd)
{
	return flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK ? -EWOULDBLOCK : 0;
}

int record_file_own(int fd)
{
	struct stat status;

	if (fstat(fd, &status))
		return -errno;
	/* Root may write into files of others, which could then read the recording. */
	if (status.st_uid != geteuid())
		return -EPERM;
	if (status.st_mode & (S_IRWXG | S_IRWXO))
		(void)fchmod(fd, S_IRUSR | S_IWUSR);
	return 0;
}

/* Reads a compressed file to its end. Returns 0, -ENODATA if it is cut or damaged, or -errno. */
static int record_file_check_gzip(int fd)
{
	char block[READ_SIZE];
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	gzFile file = copy < 0 ? NULL : gzdopen(copy, "r");
	int count;
	int code = Z_OK;

	if (!file) {
		int error = copy < 0 ? -errno : -ENOMEM;
		if (copy >= 0)
			close(copy);
		return error;
	}
	while ((count = gzread(file, block, sizeof(block))) > 0)
		;
	gzerror(file, &code);
	bool plain = gzdirect(file);
	return gzclose_r(file) != Z_OK || code != Z_OK || count < 0 || plain ? -ENODATA : 0;
}

/* Returns whether a line is a complete record, also of a kind that is not known: 0, -EBADMSG or
 * -ENOMEM. */
static int record_file_check_line(const char *text, size_t length)
{
	struct record record = {.kind = RECORD_NONE};
	struct record_json_error error = {0};
	int result = record_json_read(text, length, &record, &error);

	record_free(&record);
	if (result == 0 || result == -ENOMSG)
		return 0;
	return result == -ENOMEM ? -ENOMEM : -EBADMSG;
}

/* Checks the first line that is not empty, if there is one. Returns as record_file_check. */
static int record_file_check_start(int fd)
{
	struct stream_lines *lines = NULL;
	struct stream_line line = {0};
	int more;

	if (lseek(fd, 0, SEEK_SET) < 0)
		return -errno;
	int error = stream_lines_new(fd, RECORD_JSON_LINE_MAX, &lines);
	if (error)
		return error;
	do {
		more = stream_lines_next(lines, -1, NULL, &line);
	} while (more == 1 && strspn(line.text, " \t\r") >= line.length);
	if (more == 1)
		error = record_file_check_line(line.text, line.length);
	else
		error = more == -E2BIG ? -EBADMSG : more;
	stream_lines_free(lines);
	return error;
}

int record_file_check(int fd, bool gzip)
{
	unsigned char start[2] = {0};

	if (pread(fd, start, sizeof(start), 0) < 0)
		return -errno;
	/* Readers recognise gzip by its first bytes, whatever the name (RFC 1952, ID1 and ID2). */
	if ((start[0] == 0x1f && start[1] == 0x8b) != gzip)
		return -EMEDIUMTYPE;
	int error = gzip ? record_file_check_gzip(fd) : 0;
	return error ? error : record_file_check_start(fd);
}

/* Finds the start of the last line, which is the end of a file that ends with a newline. Returns 0
 * or -errno. */
static int record_file_find_last_line(int fd, off_t size, off_t *start)
{
	char block[READ_SIZE];
	off_t end = size;

	while (end > 0) {
		size_t length = end < (off_t)sizeof(block) ? (size_t)end : sizeof(block);
		ssize_t got = pread(fd, block, length, end - (off_t)length);
		if (got != (ssize_t)length)
			return got < 0 ? -errno : -EIO;
		const char *newline = memrchr(block, '\n', length);
		if (newline) {
			end -= (off_t)length - (newline + 1 - block);
			break;
		}
		end -= (off_t)length;
	}
	*start = end;
	return 0;
}

/* Checks the text from an offset to the end of the file. Returns as record_file_check_line, or
 * -errno of a read. */
static int record_file_check_last(int fd, off_t start, size_t length)
{
	char *text;

	/* Readers skip such a line. */
	if (length > RECORD_JSON_LINE_MAX)
		return -EBADMSG;
	text = memory_checked(calloc(1, length + 1));
	if (!text)
		return -ENOMEM;
	ssize_t got = pread(fd, text, length, start);
	int error = got < 0 ? -errno : (size_t)got != length ? -EIO : 0;
	if (!error)
		error = record_file_check_line(text, length);
	free(text);
	return error;
}

int record_file_end_line(int fd)
{
	struct stat status;
	off_t start = 0;

	if (fstat(fd, &status))
		return -errno;
	int error = record_file_find_last_line(fd, status.st_size, &start);
	if (error || start == status.st_size)
		return error;
	error = record_file_check_last(fd, start, (size_t)(status.st_size - start));
	if (error == -EBADMSG)
		return ftruncate(fd, start) ? -errno : 0;
	return error ? error : file_write_all(fd, "\n", 1);
}
