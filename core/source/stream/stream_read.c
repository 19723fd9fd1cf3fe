/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/stream/stream_read.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/record/json/record_json.h"
#include "core/source/stream/stream_lines.h"

/* Space for the indentation before the first key. */
#define START_SIZE 256

struct stream_read {
	struct stream_lines *lines;
	void (*handle)(void *data, struct record *record);
	void *data;
	uint64_t records;
	char *message;
};

/* Writes the message about a line that cannot be read. Returns the error of the file. */
static int stream_read_refuse(const struct stream_read *reading, const struct stream_line *line,
			      const struct record_json_error *error)
{
	if (line->unterminated && error->incomplete && reading->records > 0) {
		snprintf(reading->message, STREAM_READ_MESSAGE_SIZE,
			 "it ends in the middle of line %" PRIu64 "; the %" PRIu64
			 " records before it were read",
			 line->number, reading->records);
		return -ENODATA;
	}
	snprintf(reading->message, STREAM_READ_MESSAGE_SIZE, "line %" PRIu64 ", column %zu: %s",
		 line->number, error->column, error->message);
	return -EBADMSG;
}

static int stream_read_line(struct stream_read *reading, const struct stream_line *line)
{
	struct record record = {.kind = RECORD_NONE};
	struct record_json_error error = {0};

	if (strspn(line->text, " \t\r") >= line->length)
		return 0;
	int result = record_json_read(line->text, line->length, &record, &error);
	if (result == -ENOMEM) {
		snprintf(reading->message, STREAM_READ_MESSAGE_SIZE, "%s", strerror(ENOMEM));
		return result;
	}
	if (result && result != -ENOMSG)
		return stream_read_refuse(reading, line, &error);
	reading->records++;
	if (!result)
		reading->handle(reading->data, &record);
	record_free(&record);
	return 0;
}

static int stream_read_all(struct stream_read *reading)
{
	struct stream_line line = {0};
	int error = 0;
	int more;

	while ((more = stream_lines_next(reading->lines, -1, NULL, &line)) == 1) {
		error = stream_read_line(reading, &line);
		if (error)
			return error;
	}
	if (more == 0 && reading->records == 0) {
		snprintf(reading->message, STREAM_READ_MESSAGE_SIZE, "no records: it is empty");
		return -EBADMSG;
	}
	if (more == 0)
		return 0;
	if (more == -E2BIG)
		more = -EBADMSG;
	else if (more == -EBADMSG && reading->records > 0)
		more = -ENODATA;
	snprintf(reading->message, STREAM_READ_MESSAGE_SIZE,
		 "after line %" PRIu64 ": %s; the %" PRIu64 " records before that were read",
		 line.number,
		 more == -ENODATA ? "the compressed data is cut or damaged" : strerror(-more),
		 reading->records);
	return more;
}

int stream_read_open_file(int fd, void (*handle)(void *data, struct record *record), void *data,
			  char message[STREAM_READ_MESSAGE_SIZE])
{
	struct stream_read reading = {.handle = handle, .data = data, .message = message};
	int error = stream_lines_new(fd, RECORD_JSON_LINE_MAX, &reading.lines);

	message[0] = '\0';
	if (error)
		snprintf(message, STREAM_READ_MESSAGE_SIZE, "%s", strerror(-error));
	else
		error = stream_read_all(&reading);
	stream_lines_free(reading.lines);
	return error;
}

int stream_read_file(const char *path, void (*handle)(void *data, struct record *record),
		     void *data, char message[STREAM_READ_MESSAGE_SIZE])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0) {
		int error = -errno;
		snprintf(message, STREAM_READ_MESSAGE_SIZE, "%s", strerror(-error));
		return error;
	}
	int error = stream_read_open_file(fd, handle, data, message);
	close(fd);
	return error;
}

bool stream_is_recording(const char *path)
{
	char start[START_SIZE + 1];
	struct stat status;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0)
		return false;
	bool regular = fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
	ssize_t count = regular ? read(fd, start, START_SIZE) : 0;
	close(fd);
	if (count < 2)
		return false;
	start[count] = '\0';
	/* RFC 1952, ID1 and ID2. Policies are not read from compressed files. */
	if (memcmp(start, "\x1f\x8b", 2) == 0)
		return true;
	const char *at = start + strspn(start, " \t\r\n");
	if (*at != '{')
		return false;
	at += 1 + strspn(at + 1, " \t\r\n");
	return strncmp(at, "\"v\"", 3) == 0;
}
