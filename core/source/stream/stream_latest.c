/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/stream/stream_latest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/array.h"
#include "core/base/memory.h"
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

/* The sum of the steps of a node's clock. */
struct stream_clock {
	char *node; /* "": the flows name no node */
	int64_t total_ns;
};

struct stream_clocks {
	struct stream_clock *items;
	size_t count;
	size_t capacity;
};

static void stream_clocks_clear(struct stream_clocks *clocks)
{
	for (size_t i = 0; i < clocks->count; i++)
		free(clocks->items[i].node);
	free(clocks->items);
}

static struct stream_clock *stream_clocks_find(const struct stream_clocks *clocks, const char *node)
{
	for (size_t i = 0; i < clocks->count; i++) {
		if (strcmp(clocks->items[i].node, node ? node : "") == 0)
			return &clocks->items[i];
	}
	return NULL;
}

/* Adds a step. Returns 0 or -ENOMEM. Ignores a step that overflows the sum, as the state does. */
static int stream_clocks_add(struct stream_clocks *clocks, const struct clock_record *step)
{
	struct stream_clock *clock = stream_clocks_find(clocks, step->node);
	int64_t step_ns = (int64_t)step->step_ns;
	int64_t total_ns;

	if (!clock) {
		char *node = memory_checked(strdup(step->node ? step->node : ""));
		clock = node ? ARRAY_ADD(clocks->items, clocks->count, clocks->capacity) : NULL;
		if (!clock) {
			free(node);
			return -ENOMEM;
		}
		*clock = (struct stream_clock){.node = node};
	}
	if (step->step_ns > INT64_MAX ||
	    __builtin_add_overflow(clock->total_ns,
				   step->set == CLOCK_SET_BACK ? -step_ns : step_ns, &total_ns))
		return 0;
	clock->total_ns = total_ns;
	return 0;
}

/* Returns the steady time of a flow. */
static uint64_t stream_clocks_steady(const struct stream_clocks *clocks, const struct flow *flow)
{
	const struct stream_clock *clock =
		stream_clocks_find(clocks, flow->names ? flow->names->node : NULL);
	int64_t total_ns = clock ? clock->total_ns : 0;

	if (total_ns > 0)
		return flow->ts_ns > (uint64_t)total_ns ? flow->ts_ns - (uint64_t)total_ns : 1;
	return flow->ts_ns + (uint64_t)-total_ns;
}

/* Reads a record. If it is a flow, stores its times. Otherwise, unix_ns becomes 0. Applies the step
 * of a clock. Returns 0, or an error of record_json_read. */
static int stream_latest_read(const struct stream_line *line, struct stream_clocks *clocks,
			      struct stream_latest *read)
{
	struct record record = {.kind = RECORD_NONE};
	struct record_json_error error = {0};

	*read = (struct stream_latest){0};
	if (strspn(line->text, " \t\r") >= line->length)
		return 0;
	/* The node matters only after the first step. */
	if (clocks->count == 0 && stream_latest_read_start(line, &read->unix_ns)) {
		read->steady_ns = read->unix_ns;
		return 0;
	}
	int result = record_json_read(line->text, line->length, &record, &error);
	const struct flow *flow = result == 0 ? record_flow(&record) : NULL;
	if (flow) {
		read->unix_ns = flow->ts_ns;
		read->steady_ns = stream_clocks_steady(clocks, flow);
	} else if (result == 0 && record.kind == RECORD_CLOCK) {
		result = stream_clocks_add(clocks, record.clock);
	}
	record_free(&record);
	return result == -ENOMSG ? 0 : result;
}

/* Reads to the end, or to an unreadable line. Updates the latest flow. Returns 0 at the end, else
 * the error. */
static int stream_latest_of(struct stream_lines *lines, struct stream_clocks *clocks,
			    struct stream_latest *latest)
{
	struct stream_latest read;
	struct stream_line line = {0};
	int more;

	while ((more = stream_lines_next(lines, -1, NULL, &line)) == 1) {
		more = stream_latest_read(&line, clocks, &read);
		if (more)
			return more;
		if (read.unix_ns && read.steady_ns > latest->steady_ns)
			*latest = read;
	}
	return more == -ENODATA || more == -E2BIG ? -EBADMSG : more;
}

int stream_find_latest_in(const int *parts, size_t count, struct stream_latest *latest)
{
	struct stream_clocks clocks = {0};
	struct stream_latest found = {0};
	int result = 0;

	for (size_t i = 0; i < count && (result == 0 || result == -EBADMSG); i++) {
		struct stream_lines *lines = NULL;
		int error = lseek(parts[i], 0, SEEK_SET) < 0 ? -errno : 0;
		if (!error)
			error = stream_lines_new(parts[i], RECORD_JSON_LINE_MAX, &lines);
		if (!error)
			error = stream_latest_of(lines, &clocks, &found);
		stream_lines_free(lines);
		if (error)
			result = error;
	}
	stream_clocks_clear(&clocks);
	if (!found.unix_ns)
		return result ? result : -ENODATA;
	*latest = found;
	return 0;
}

int stream_find_latest(const char *path, struct stream_latest *latest)
{
	struct stat status;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0)
		return -errno;
	int error = fstat(fd, &status) ? -errno : 0;
	if (!error && !S_ISREG(status.st_mode))
		error = -ENOTSUP;
	if (!error)
		error = stream_find_latest_in(&fd, 1, latest);
	close(fd);
	return error;
}
