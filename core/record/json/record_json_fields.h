/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Typed reading of a record's fields out of a parsed JSON object, with errors that say which field
 * and what was expected. Only the record_json_*.c files use it.
 *
 * Every function takes an absent field, null and "" for unknown, and leaves its outputs as they
 * were then. It returns false after a failure, with the reason in the line's error and result; a
 * record is half built then, and is freed as such by the caller.
 */
#ifndef POLECAT_CORE_RECORD_JSON_RECORD_JSON_FIELDS_H
#define POLECAT_CORE_RECORD_JSON_RECORD_JSON_FIELDS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/record/json/record_json.h"

/* The line that is being read. */
struct json_line {
	const char *text;
	size_t length;
	struct record_json_error *error;
	int result;       /* 0, or what record_json_read returns */
	const char *list; /* the list of objects that is being read, NULL: the record itself */
	size_t index;     /* in the list */
};

/* Finds where a field of the record itself stands, 1-based, in bytes; 0: nowhere. */
size_t json_line_column(const struct json_line *line, const char *key);

/* True if the line ends inside of its object. */
bool json_line_is_cut(const struct json_line *line);

/* Records a failure of a field; returns false. */
bool json_fail(struct json_line *line, const char *key, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Records that memory ran out; returns false. */
bool json_fail_memory(struct json_line *line);

/* The text belongs to the object. */
bool json_get_text(struct json_line *line, const json_t *object, const char *key, const char **out);
/* The same, but it is an error if there is none. */
bool json_need_text(struct json_line *line, const json_t *object, const char *key,
		    const char **out);

/* A copy that the record owns. */
bool json_copy_text(struct json_line *line, const json_t *object, const char *key, char **out);
/* The same, but it is an error if there is none. */
bool json_need_copy(struct json_line *line, const json_t *object, const char *key, char **out);

/* A number from 0 to max; *known (may be NULL) becomes true if there is one. */
bool json_get_number(struct json_line *line, const json_t *object, const char *key, uint64_t max,
		     uint64_t *out, bool *known);
bool json_get_u32(struct json_line *line, const json_t *object, const char *key, uint32_t *out);

/* A port. A number that is no port (below 0, above 65535) is unknown: *known stays as it was. */
bool json_get_port(struct json_line *line, const json_t *object, const char *key, uint16_t *out,
		   bool *known);

bool json_get_bool(struct json_line *line, const json_t *object, const char *key, bool *out);

/* RFC 3339. */
bool json_get_time(struct json_line *line, const json_t *object, const char *key, uint64_t *out,
		   bool *known);

/* Both belong to the object; NULL where there is none. */
bool json_get_list(struct json_line *line, const json_t *object, const char *key, json_t **out);
bool json_get_object(struct json_line *line, const json_t *object, const char *key, json_t **out);

/* A list of strings; empty ones are left out. */
bool json_get_strings(struct json_line *line, const json_t *object, const char *key,
		      struct string_list *out);
/* The same; what is an IP address becomes canonical, the rest stays ("None", a host name). */
bool json_get_addresses(struct json_line *line, const json_t *object, const char *key,
			struct string_list *out);
bool json_copy_address(struct json_line *line, const json_t *object, const char *key, char **out);

/* An object of strings; empty values are values here. */
bool json_get_labels(struct json_line *line, const json_t *object, const char *key,
		     struct labels *out);

#endif
