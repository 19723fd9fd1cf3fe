/* SPDX-License-Identifier: Apache-2.0 */
#include "core/record/json/json_line.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Walks over the raw text of a line, string by string. */
struct json_line_walk {
	const char *at;
	const char *end;
	size_t depth;
	bool open_string;
};

/* Moves behind the next string. Returns the byte behind its opening quote; NULL at the end. */
static const char *json_line_walk_next(struct json_line_walk *walk)
{
	while (walk->at < walk->end) {
		char c = *walk->at++;
		if (c == '{' || c == '[') {
			walk->depth++;
		} else if (c == '}' || c == ']') {
			walk->depth -= walk->depth > 0;
		} else if (c == '"') {
			const char *start = walk->at;
			while (walk->at < walk->end && *walk->at != '"')
				walk->at += *walk->at == '\\' && walk->at + 1 < walk->end ? 2 : 1;
			walk->open_string = walk->at >= walk->end;
			walk->at += !walk->open_string;
			return start;
		}
	}
	return NULL;
}

size_t json_line_column(const struct json_line *line, const char *key)
{
	struct json_line_walk walk = {.at = line->text, .end = line->text + line->length};
	size_t key_length = strlen(key);
	const char *start;

	while ((start = json_line_walk_next(&walk))) {
		if (walk.depth != 1 || walk.open_string)
			continue;
		if ((size_t)(walk.at - 1 - start) != key_length ||
		    memcmp(start, key, key_length) != 0)
			continue;
		const char *after = walk.at;
		while (after < walk.end && (*after == ' ' || *after == '\t'))
			after++;
		if (after < walk.end && *after == ':')
			return (size_t)(start - line->text);
	}
	return 0;
}

bool json_line_is_cut(const struct json_line *line)
{
	struct json_line_walk walk = {.at = line->text, .end = line->text + line->length};
	const char *first = line->text;

	while (first < walk.end && (*first == ' ' || *first == '\t'))
		first++;
	if (first == walk.end || *first != '{')
		return false;
	while (json_line_walk_next(&walk))
		;
	return walk.open_string || walk.depth > 0;
}

void json_line_fail(struct json_line *line, int result, size_t column, const char *format, ...)
{
	va_list arguments;

	*line->error = (struct record_json_error){.column = column};
	va_start(arguments, format);
	vsnprintf(line->error->message, sizeof(line->error->message), format, arguments);
	va_end(arguments);
	line->result = result;
}

bool json_line_fail_field(struct json_line *line, const char *key, const char *format, ...)
{
	char reason[sizeof(line->error->message)];
	size_t column = json_line_column(line, line->list ? line->list : key);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(reason, sizeof(reason), format, arguments);
	va_end(arguments);
	if (line->list)
		json_line_fail(line, -EBADMSG, column, "%s[%zu].%s: %.150s", line->list,
			       line->index, key, reason);
	else
		json_line_fail(line, -EBADMSG, column, "%s: %.180s", key, reason);
	return false;
}

bool json_line_fail_memory(struct json_line *line)
{
	json_line_fail(line, -ENOMEM, 0, "out of memory");
	return false;
}
