/* SPDX-License-Identifier: Apache-2.0 */
#include "core/record/json/record_json_fields.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/timestamp.h"
#include "core/record/address.h"

/* How much of an offending value is repeated in a message. */
#define SHOWN_VALUE 60

/* Walks over the raw text of a line, string by string. */
struct walk {
	const char *at;
	const char *end;
	size_t depth;
	bool open_string;
};

/* Moves to behind the next string and returns where it began (behind its quote), or NULL at the
 * end. */
static const char *next_string(struct walk *walk)
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
	struct walk walk = {.at = line->text, .end = line->text + line->length};
	size_t key_length = strlen(key);
	const char *start;

	while ((start = next_string(&walk))) {
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
	struct walk walk = {.at = line->text, .end = line->text + line->length};
	const char *first = line->text;

	while (first < walk.end && (*first == ' ' || *first == '\t'))
		first++;
	if (first == walk.end || *first != '{')
		return false;
	while (next_string(&walk))
		;
	return walk.open_string || walk.depth > 0;
}

bool json_fail(struct json_line *line, const char *key, const char *format, ...)
{
	struct record_json_error *error = line->error;
	char reason[sizeof(error->message)];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(reason, sizeof(reason), format, arguments);
	va_end(arguments);
	*error = (struct record_json_error){
		.column = json_line_column(line, line->list ? line->list : key),
	};
	if (line->list)
		snprintf(error->message, sizeof(error->message), "%s[%zu].%s: %.150s", line->list,
			 line->index, key, reason);
	else
		snprintf(error->message, sizeof(error->message), "%s: %.180s", key, reason);
	line->result = -EBADMSG;
	return false;
}

bool json_fail_memory(struct json_line *line)
{
	*line->error = (struct record_json_error){.message = "out of memory"};
	line->result = -ENOMEM;
	return false;
}

/* What a value is, for "… was expected, not …". */
static const char *type_name(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return "an object";
	case JSON_ARRAY:
		return "a list";
	case JSON_STRING:
		return "a string";
	case JSON_INTEGER:
		return "a number";
	case JSON_REAL:
		return "a number with a fraction or exponent";
	case JSON_TRUE:
	case JSON_FALSE:
		return "true or false";
	case JSON_NULL:
		break;
	}
	return "null";
}

static bool fail_type(struct json_line *line, const char *key, const char *expected,
		      const json_t *value)
{
	return json_fail(line, key, "%s was expected, not %s", expected, type_name(value));
}

/* NULL for what is absent or null. */
static json_t *get_value(const json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	return json_is_null(value) ? NULL : value;
}

bool json_get_text(struct json_line *line, const json_t *object, const char *key, const char **out)
{
	const json_t *value = get_value(object, key);

	if (!value)
		return true;
	if (!json_is_string(value))
		return fail_type(line, key, "a string", value);
	if (json_string_length(value) > 0)
		*out = json_string_value(value);
	return true;
}

bool json_need_text(struct json_line *line, const json_t *object, const char *key, const char **out)
{
	const char *text = NULL;

	if (!json_get_text(line, object, key, &text))
		return false;
	if (!text)
		return json_fail(line, key, "missing");
	*out = text;
	return true;
}

bool json_copy_text(struct json_line *line, const json_t *object, const char *key, char **out)
{
	const char *text = NULL;

	if (!json_get_text(line, object, key, &text))
		return false;
	if (!text)
		return true;
	*out = strdup(text);
	return *out ? true : json_fail_memory(line);
}

bool json_need_copy(struct json_line *line, const json_t *object, const char *key, char **out)
{
	const char *text = NULL;

	if (!json_need_text(line, object, key, &text))
		return false;
	*out = strdup(text);
	return *out ? true : json_fail_memory(line);
}

bool json_get_number(struct json_line *line, const json_t *object, const char *key, uint64_t max,
		     uint64_t *out, bool *known)
{
	const json_t *value = get_value(object, key);

	if (!value)
		return true;
	if (!json_is_integer(value))
		return fail_type(line, key, "a whole number", value);
	json_int_t number = json_integer_value(value);
	if (number < 0 || (uint64_t)number > max)
		return json_fail(line, key, "a number from 0 to %ju was expected, not %jd",
				 (uintmax_t)max, (intmax_t)number);
	*out = (uint64_t)number;
	if (known)
		*known = true;
	return true;
}

bool json_get_u32(struct json_line *line, const json_t *object, const char *key, uint32_t *out)
{
	uint64_t number = 0;
	bool known = false;

	if (!json_get_number(line, object, key, UINT32_MAX, &number, &known))
		return false;
	if (known)
		*out = (uint32_t)number;
	return true;
}

bool json_get_port(struct json_line *line, const json_t *object, const char *key, uint16_t *out,
		   bool *known)
{
	const json_t *value = get_value(object, key);

	if (!value)
		return true;
	if (!json_is_integer(value))
		return fail_type(line, key, "a port number", value);
	json_int_t number = json_integer_value(value);
	if (number < 0 || number > UINT16_MAX)
		return true;
	*out = (uint16_t)number;
	*known = true;
	return true;
}

bool json_get_bool(struct json_line *line, const json_t *object, const char *key, bool *out)
{
	const json_t *value = get_value(object, key);

	if (!value)
		return true;
	if (!json_is_boolean(value))
		return fail_type(line, key, "true or false", value);
	*out = json_is_true(value);
	return true;
}

bool json_get_time(struct json_line *line, const json_t *object, const char *key, uint64_t *out,
		   bool *known)
{
	const char *text = NULL;

	if (!json_get_text(line, object, key, &text))
		return false;
	if (!text)
		return true;
	if (timestamp_parse(text, strlen(text), out))
		return json_fail(line, key,
				 "a time like 2026-01-02T03:04:05.678Z was expected, not '%.*s'",
				 SHOWN_VALUE, text);
	if (known)
		*known = true;
	return true;
}

bool json_get_list(struct json_line *line, const json_t *object, const char *key, json_t **out)
{
	json_t *value = get_value(object, key);

	*out = NULL;
	if (value && !json_is_array(value))
		return fail_type(line, key, "a list", value);
	*out = value;
	return true;
}

bool json_get_object(struct json_line *line, const json_t *object, const char *key, json_t **out)
{
	json_t *value = get_value(object, key);

	*out = NULL;
	if (value && !json_is_object(value))
		return fail_type(line, key, "an object", value);
	*out = value;
	return true;
}

/* An address in its canonical form, anything else as it is. */
static const char *canonical(const char *text, char room[ADDRESS_TEXT_SIZE])
{
	uint8_t family;
	struct flow_address address;

	if (address_parse(text, &family, &address))
		return text;
	address_format(family, &address, room);
	return room;
}

static bool get_strings(struct json_line *line, const json_t *object, const char *key,
			bool addresses, struct string_list *out)
{
	json_t *list;

	if (!json_get_list(line, object, key, &list))
		return false;
	if (json_array_size(list) == 0)
		return true;
	out->items = calloc(json_array_size(list), sizeof(*out->items));
	if (!out->items)
		return json_fail_memory(line);
	for (size_t i = 0; i < json_array_size(list); i++) {
		char room[ADDRESS_TEXT_SIZE];
		const json_t *value = json_array_get(list, i);
		if (!json_is_string(value))
			return fail_type(line, key, "a list of strings", value);
		if (json_string_length(value) == 0)
			continue;
		const char *text = json_string_value(value);
		out->items[out->count] = strdup(addresses ? canonical(text, room) : text);
		if (!out->items[out->count])
			return json_fail_memory(line);
		out->count++;
	}
	return true;
}

bool json_get_strings(struct json_line *line, const json_t *object, const char *key,
		      struct string_list *out)
{
	return get_strings(line, object, key, false, out);
}

bool json_get_addresses(struct json_line *line, const json_t *object, const char *key,
			struct string_list *out)
{
	return get_strings(line, object, key, true, out);
}

bool json_copy_address(struct json_line *line, const json_t *object, const char *key, char **out)
{
	const char *text = NULL;
	char room[ADDRESS_TEXT_SIZE];

	if (!json_get_text(line, object, key, &text))
		return false;
	if (!text)
		return true;
	*out = strdup(canonical(text, room));
	return *out ? true : json_fail_memory(line);
}

static int compare_labels(const void *a, const void *b)
{
	return strcmp(((const struct label *)a)->key, ((const struct label *)b)->key);
}

bool json_get_labels(struct json_line *line, const json_t *object, const char *key,
		     struct labels *out)
{
	json_t *labels;
	const char *label;
	json_t *value;

	if (!json_get_object(line, object, key, &labels))
		return false;
	if (json_object_size(labels) == 0)
		return true;
	out->items = calloc(json_object_size(labels), sizeof(*out->items));
	if (!out->items)
		return json_fail_memory(line);
	json_object_foreach(labels, label, value)
	{
		if (!json_is_string(value))
			return fail_type(line, key, "an object of strings", value);
		struct label copy = {.key = strdup(label),
				     .value = strdup(json_string_value(value))};
		if (!copy.key || !copy.value) {
			free(copy.key);
			free(copy.value);
			return json_fail_memory(line);
		}
		out->items[out->count++] = copy;
	}
	/* Sorted at once: one by one would take quadratic time on a hostile line. Keys are unique
	 * in a parsed object. */
	qsort(out->items, out->count, sizeof(*out->items), compare_labels);
	return true;
}
