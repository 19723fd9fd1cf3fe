/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/segments/segment_source.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/record/json/record_json.h"
#include "core/source/stream/stream_lines.h"

/* The maximum length of the folder's path in a message. */
#define SHOWN_PATH 160

struct segment_reader {
	char *path;
	struct segment_set set;
	uint64_t records;
	uint64_t cut_count;  /* segments that are cut or damaged */
	char first_cut[256]; /* describes the first of them */
	int error;           /* of a read, or -EPROTO; ends the source */
	char error_text[256];
};

static void segment_reader_free(void *data)
{
	struct segment_reader *reader = data;

	if (!reader)
		return;
	segment_set_close(&reader->set);
	free(reader->path);
	free(reader);
}

/* Counts the present segment as cut. `reason` continues the sentence after its name. */
static void segment_reader_cut(struct segment_reader *reader, const struct segment_input *input,
			       uint64_t line, const char *reason)
{
	char name[SEGMENT_NAME_SIZE];

	if (reader->cut_count++ > 0)
		return;
	segment_name_format(&input->name, name);
	snprintf(reader->first_cut, sizeof(reader->first_cut),
		 "%s %s; the %" PRIu64 " lines before that were read", name, reason, line);
}

/* Reads and emits a line. Returns 0 to go on, 1 at the end of the part that is needed, or
 * -errno. */
static int segment_reader_line(struct source *source, struct segment_reader *reader,
			       const struct segment_input *input, const struct stream_line *line)
{
	struct record record = {.kind = RECORD_NONE};
	struct record_json_error error = {0};
	int result;

	if (strspn(line->text, " \t\r") >= line->length)
		return 0;
	result = record_json_read(line->text, line->length, &record, &error);
	if (result == -ENOMSG) {
		reader->records++;
		return 0;
	}
	if (result == -ENOMEM) {
		source_count_lost(source, LOST_MEMORY, 1);
		return 0;
	}
	if (result == -EPROTO)
		snprintf(reader->error_text, sizeof(reader->error_text), "%s", error.message);
	if (result)
		return result;
	reader->records++;
	bool is_event = record.kind == RECORD_FLOW || record.kind == RECORD_DNS ||
			record.kind == RECORD_EDGE;
	if (!source_emit_wait(source, &record))
		return -ECANCELED;
	return is_event && input->only_start ? 1 : 0;
}

/* Reads a segment. Returns 0, or an error that ends the source. */
static int segment_reader_read(struct source *source, struct segment_reader *reader,
			       const struct segment_input *input, struct stream_lines *lines)
{
	struct stream_line line = {0};
	int result = 0;
	int more;

	do {
		more = stream_lines_next(lines, source_stop_fd(source), NULL, &line);
		if (more == 1)
			result = segment_reader_line(source, reader, input, &line);
	} while (more == 1 && result == 0);
	if (result == 1)
		return 0;
	/* A recorder is about to write the rest. */
	if (input->growing && (more == -ENODATA || (more == 1 && line.unterminated)))
		return 0;
	if (more == -ECANCELED || result == -ECANCELED || result == -EPROTO)
		return result ? result : more;
	if (more == 0 && !input->name.closed && !input->growing)
		segment_reader_cut(reader, input, line.number,
				   "was not completed, because its recorder was ended");
	else if (more == -ENODATA)
		segment_reader_cut(reader, input, line.number, "is cut");
	else if (more == -EBADMSG || more == -E2BIG || result == -EBADMSG)
		segment_reader_cut(reader, input, line.number, "is damaged");
	else if (more < 0)
		return more;
	else if (input->name.cut)
		segment_reader_cut(reader, input, line.number, "is cut");
	return 0;
}

static void segment_reader_report(struct source *source, const struct segment_reader *reader)
{
	if (reader->error == -EPROTO)
		source_set_health(source, SOURCE_BROKEN, -EBADMSG, "%.*s: %s", SHOWN_PATH,
				  reader->path, reader->error_text);
	else if (reader->error)
		source_set_health(source, SOURCE_BROKEN, reader->error, "%.*s: %s", SHOWN_PATH,
				  reader->path, strerror(-reader->error));
	else if (reader->cut_count == 1)
		source_set_health(source, SOURCE_BROKEN, -ENODATA, "%.*s: segment %s", SHOWN_PATH,
				  reader->path, reader->first_cut);
	else if (reader->cut_count > 1)
		source_set_health(source, SOURCE_BROKEN, -ENODATA,
				  "%.*s: %" PRIu64 " segments are cut or damaged. Segment %s",
				  SHOWN_PATH, reader->path, reader->cut_count, reader->first_cut);
}

static void segment_reader_run(struct source *source, void *data)
{
	struct segment_reader *reader = data;

	source_set_health(source, SOURCE_READY, 0, "%s", "");
	for (size_t i = 0; i < reader->set.count && !reader->error; i++) {
		struct stream_lines *lines = NULL;
		reader->error =
			stream_lines_new(reader->set.items[i].fd, RECORD_JSON_LINE_MAX, &lines);
		if (!reader->error)
			reader->error =
				segment_reader_read(source, reader, &reader->set.items[i], lines);
		stream_lines_free(lines);
	}
	if (reader->error != -ECANCELED)
		segment_reader_report(source, reader);
}

static const struct source_operations segment_operations = {
	.label = "recording",
	.run = segment_reader_run,
	.free_data = segment_reader_free,
};

int segment_source_open(const char *path, const struct segment_window *window, struct source **out)
{
	struct segment_reader *reader = memory_checked(calloc(1, sizeof(*reader)));
	int error = -ENOMEM;

	if (!reader)
		return error;
	reader->path = memory_checked(strdup(path));
	if (reader->path)
		error = segment_set_open(path, window, &reader->set);
	if (!error)
		return source_new(&segment_operations, reader, out);
	segment_reader_free(reader);
	return error;
}

const char *segment_source_strerror(int error)
{
	return error == -ENODATA ? "a folder without segments of 'polecat record'"
				 : strerror(-error);
}
