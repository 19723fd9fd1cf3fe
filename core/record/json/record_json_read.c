/* SPDX-License-Identifier: Apache-2.0 */
#include "core/record/json/record_json_read.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void fail_line(struct json_line *line, int result, size_t column, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

static void fail_line(struct json_line *line, int result, size_t column, const char *format, ...)
{
	va_list arguments;

	*line->error = (struct record_json_error){.column = column};
	va_start(arguments, format);
	vsnprintf(line->error->message, sizeof(line->error->message), format, arguments);
	va_end(arguments);
	line->result = result;
}

static json_t *parse(struct json_line *line)
{
	json_error_t error;

	if (line->length > RECORD_JSON_LINE_MAX) {
		fail_line(line, -EBADMSG, 0, "a line of at most %u bytes was expected",
			  RECORD_JSON_LINE_MAX);
		return NULL;
	}
	json_t *object = json_loadb(line->text, line->length, JSON_REJECT_DUPLICATES, &error);
	if (!object && json_error_code(&error) == json_error_out_of_memory) {
		json_fail_memory(line);
	} else if (!object) {
		/* jansson counts the bytes that it has taken: the last of them is where it stopped.
		 */
		fail_line(line, -EBADMSG, error.position > 0 ? (size_t)error.position : 1,
			  "a JSON object was expected: %.150s", error.text);
		line->error->incomplete = json_line_is_cut(line);
	} else if (!json_is_object(object)) {
		fail_line(line, -EBADMSG, 1, "a JSON object was expected, not a list");
		json_decref(object);
		object = NULL;
	}
	return object;
}

static bool check_version(struct json_line *line, const json_t *object)
{
	const json_t *version = json_object_get(object, "v");

	if (!version)
		return json_fail(line, "v", "missing: a polecat record has \"v\":1");
	if (!json_is_integer(version))
		return json_fail(line, "v", "the format's version, 1, was expected");
	if (json_integer_value(version) != 1) {
		fail_line(line, -EPROTO, json_line_column(line, "v"),
			  "v: records of version %jd cannot be read, this polecat reads version 1",
			  (intmax_t)json_integer_value(version));
		return false;
	}
	return true;
}

static bool find_kind(struct json_line *line, const json_t *object, uint8_t *kind)
{
	const char *text = NULL;

	if (!json_need_text(line, object, "kind", &text))
		return false;
	for (int i = RECORD_HELLO; i <= RECORD_LOST; i++) {
		if (strcmp(text, record_kind_name((enum record_kind)i)) == 0) {
			*kind = (uint8_t)i;
			return true;
		}
	}
	fail_line(line, -ENOMSG, json_line_column(line, "kind"), "kind: '%.60s' is not known",
		  text);
	return false;
}

int record_json_read(const char *line, size_t length, struct record *record,
		     struct record_json_error *error)
{
	if (record_json_read_plain(line, length, record))
		return 0;

	struct json_line reading = {.text = line, .length = length, .error = error};
	struct record read = {0};
	json_t *object = parse(&reading);
	bool done = false;

	if (object && check_version(&reading, object) && find_kind(&reading, object, &read.kind))
		done = read.kind == RECORD_FLOW
			       ? record_json_read_flow(&reading, object, &read)
			       : record_json_read_identity(&reading, object, &read);
	json_decref(object);
	if (!done) {
		record_free(&read);
		return reading.result;
	}
	*record = read;
	return 0;
}
