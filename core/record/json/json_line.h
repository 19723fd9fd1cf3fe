/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The line that a reader works on, and the errors that name the place in it. Only the
 * record_json_*.c files use it.
 */
#ifndef POLECAT_CORE_RECORD_JSON_JSON_LINE_H
#define POLECAT_CORE_RECORD_JSON_JSON_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/record/json/record_json.h"

struct json_line {
	const char *text;
	size_t length;
	struct record_json_error *error;
	int result;       /* 0, or the result of record_json_read */
	const char *list; /* key of the list of objects in work; NULL: the record itself */
	size_t index;     /* of the object in the list */
};

/* Finds a key of the record itself. Returns its column, 1-based, in bytes; 0: not found. */
size_t json_line_column(const struct json_line *line, const char *key);

/* True if the line ends inside its object. */
bool json_line_is_cut(const struct json_line *line);

/* Records an error of the line at a column. */
void json_line_fail(struct json_line *line, int result, size_t column, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Records an error of a field. Returns false. */
bool json_line_fail_field(struct json_line *line, const char *key, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Records that memory ran out. Returns false. */
bool json_line_fail_memory(struct json_line *line);

#endif
