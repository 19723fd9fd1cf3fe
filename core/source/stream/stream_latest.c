/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/stream/stream_latest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/timestamp.h"
#include "core/record/json/record_json.h"
#include "core/source/stream/stream_lines.h"

/* The beginning of a flow as polecat writes it. The name of the event follows, and then the
 * time. */
#define FLOW_START "{\"v\":1,\"kind\":\"flow\",\"event\":\""
#define TIME_START "\",\"ts\":\""

/* Reads the time of a flow without reading the rest of the line. Returns false if the line does not
 * begin as polecat writes a flow. */
static bool stream_latest_read_start(const struct stream_line *line, uint64_t *unix_ns)
{
	const size_t start = sizeof(FLOW_START) - 1;
	const size_t middle = sizeof(TIME_START) - 1;

	/* A newline or a NUL follows the text, so the comparisons end there. */
	if (strncmp(line->text, FLOW_START, start) != 0)
		return false;
	const char *at =
		line->text + start + strspn(line->text + start, "abcdefghijklmnopqrstuvwxyz_");
	if (strncmp(at, TIME_START, middle) != 0)
		return false;
	at += middle;
	const char *end = memchr(at, '"', line->length - (size_t)(at - line->text));
	return end && timestamp_parse(at, (size_t)(end - at), unix_ns) == 0;
}

/* Reads the time of a record. *unix_ns becomes 0 if it is no flow. Returns 0, or an error of
 * record_json_read. */
static int stream_latest_read(const struct stream_line *line, uint64_t *unix_ns)
{
	struct record record = {.kind = RECORD_NONE};
	struct record_json_error error = {0};

	*unix_ns = 0;
	if (strspn(line->text, " \t\r") >= line->length || stream_latest_read_start(line, unix_ns))
		return 0;
	int result = record_json_read(line->text, line->length, &record, &error);
	if (result == 0 && record.kind == RECORD_FLOW)
		*unix_ns = record.flow.ts_ns;
	record_free(&record);
	return result == -ENOMSG ? 0 : result;
}

/* Stores the latest time if there is a flow. Returns as stream_find_latest does. */
static int stream_latest_of(struct stream_lines *lines, uint64_t *unix_ns)
{
	struct stream_line line = {0};
	uint64_t latest_ns = 0;
	uint64_t ns = 0;
	int more;

	while ((more = stream_lines_next(lines, -1, NULL, &line)) == 1) {
		more = stream_latest_read(&line, &ns);
		if (more)
			break;
		if (ns > latest_ns)
			latest_ns = ns;
	}
	if (latest_ns) {
		*unix_ns = latest_ns;
		return 0;
	}
	if (more == 0)
		return -ENODATA;
	return more == -ENODATA || more == -E2BIG ? -EBADMSG : more;
}

int stream_find_latest(const char *path, uint64_t *unix_ns)
{
	struct stream_lines *lines = NULL;
	struct stat status;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0)
		return -errno;
	int error = fstat(fd, &status) ? -errno : 0;
	if (!error && !S_ISREG(status.st_mode))
		error = -ENOTSUP;
	if (!error)
		error = stream_lines_new(fd, RECORD_JSON_LINE_MAX, &lines);
	if (!error)
		error = stream_latest_of(lines, unix_ns);
	stream_lines_free(lines);
	close(fd);
	return error;
}
