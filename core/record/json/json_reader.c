/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the lines that json_plain_read refuses: JSON as any tool may write it. An absent field,
 * null and "" mean unknown. Functions return 0 or an error of record_json_read. Every error except
 * -ENOMEM also fills in the struct record_json_error. After an error the record is incomplete, and
 * record_json_read frees it.
 */
#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/json_document.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/record/address.h"
#include "core/record/json/json_plain.h"
#include "core/record/json/json_value.h"
#include "core/record/json/record_json.h"

/* A message repeats at most this many bytes of a value. */
#define JSON_READER_SHOWN_BYTES 60

#define JSON_READER_TYPE(type) (1u << JSON_##type)

/* A line, and the reader's position in it. */
struct json_reader {
	const char *text;
	size_t length;
	struct record_json_error *error;
	const char *list; /* key of the list that is being read; NULL: the record itself */
	size_t index;     /* of the object in the list */
};

/* Walks over the raw text of a line, string by string. */
struct json_reader_walk {
	const char *at;
	const char *end;
	size_t depth;
	bool open_string;
};

/* Moves past the next string. Returns the byte after its opening quote; NULL at the end. */
static const char *json_reader_walk_next(struct json_reader_walk *walk)
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

/* Returns the first byte that is not a blank. */
static const char *json_reader_skip_blanks(const char *at, const char *end)
{
	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	return at;
}

/* Finds a key of the record itself, not of an object inside it. Returns its column, 1-based, in
 * bytes; 0: not found. */
static size_t json_reader_column(const struct json_reader *reader, const char *key)
{
	struct json_reader_walk walk = {.at = reader->text, .end = reader->text + reader->length};
	size_t length = strlen(key);
	const char *start;

	while ((start = json_reader_walk_next(&walk))) {
		if (walk.depth != 1 || walk.open_string ||
		    (size_t)(walk.at - 1 - start) != length || memcmp(start, key, length) != 0)
			continue;
		const char *after = json_reader_skip_blanks(walk.at, walk.end);
		if (after < walk.end && *after == ':')
			return (size_t)(start - reader->text);
	}
	return 0;
}

/* Returns whether the line ends before its JSON object ends. */
static bool json_reader_is_cut(const struct json_reader *reader)
{
	struct json_reader_walk walk = {.at = reader->text, .end = reader->text + reader->length};
	const char *first = json_reader_skip_blanks(walk.at, walk.end);

	if (first == walk.end || *first != '{')
		return false;
	while (json_reader_walk_next(&walk))
		;
	return walk.open_string || walk.depth > 0;
}

/* Fills in the error with a message that is formatted as by printf. Returns `result`. */
__attribute__((format(printf, 4, 5))) static int
json_reader_fail(struct json_reader *reader, int result, size_t column, const char *format, ...)
{
	va_list arguments;

	*reader->error = (struct record_json_error){.column = column};
	va_start(arguments, format);
	vsnprintf(reader->error->message, sizeof(reader->error->message), format, arguments);
	va_end(arguments);
	return result;
}

/* Fills in the error for a field. Returns -EBADMSG. */
__attribute__((format(printf, 3, 4))) static int
json_reader_fail_field(struct json_reader *reader, const char *key, const char *format, ...)
{
	char reason[sizeof(reader->error->message)];
	size_t column = json_reader_column(reader, reader->list ? reader->list : key);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(reason, sizeof(reason), format, arguments);
	va_end(arguments);
	if (!reader->list)
		return json_reader_fail(reader, -EBADMSG, column, "%s: %.180s", key, reason);
	return json_reader_fail(reader, -EBADMSG, column, "%s[%zu].%s: %.150s", reader->list,
				reader->index, key, reason);
}

/* The JSON types that a field accepts, and their name in the message "… was expected". */
struct json_reader_form {
	uint32_t types;
	const char *expected;
};

static const struct json_reader_form json_reader_string = {JSON_READER_TYPE(STRING), "a string"};

/* Indexed by enum field_type. Types without a row use json_reader_string. */
static const struct json_reader_form json_reader_forms[FIELD_COMM + 1] = {
	[FIELD_PORT_TEXT] = {JSON_READER_TYPE(STRING) | JSON_READER_TYPE(INTEGER),
			     "a port's number or name"},
	[FIELD_TEXTS] = {JSON_READER_TYPE(ARRAY), "a list"},
	[FIELD_ADDRESSES] = {JSON_READER_TYPE(ARRAY), "a list"},
	[FIELD_LABELS] = {JSON_READER_TYPE(OBJECT), "an object"},
	[FIELD_COUNTS] = {JSON_READER_TYPE(OBJECT), "an object"},
	[FIELD_LIST] = {JSON_READER_TYPE(ARRAY), "a list"},
	[FIELD_OBJECT] = {JSON_READER_TYPE(OBJECT), "an object"},
	[FIELD_NUMBER] = {JSON_READER_TYPE(INTEGER), "a whole number"},
	[FIELD_PORT] = {JSON_READER_TYPE(INTEGER), "a port number"},
	[FIELD_BOOL] = {JSON_READER_TYPE(TRUE) | JSON_READER_TYPE(FALSE), "true or false"},
	[FIELD_ID] = {JSON_READER_TYPE(STRING) | JSON_READER_TYPE(INTEGER),
		      "a string or a whole number"},
	[FIELD_FAMILY] = {JSON_READER_TYPE(INTEGER), "a whole number"},
};

static int json_reader_fields(struct json_reader *reader, const json_t *object,
			      const struct record_fields *fields, struct json_target *target);

static int json_reader_fail_type(struct json_reader *reader, const char *key, const char *expected,
				 const json_t *value)
{
	static const char *const names[] = {
		[JSON_OBJECT] = "an object",
		[JSON_ARRAY] = "a list",
		[JSON_STRING] = "a string",
		[JSON_INTEGER] = "a number",
		[JSON_REAL] = "a number with a fraction or exponent",
		[JSON_TRUE] = "true or false",
		[JSON_FALSE] = "true or false",
		[JSON_NULL] = "null",
	};

	return json_reader_fail_field(reader, key, "%s was expected, not %s", expected,
				      names[json_typeof(value)]);
}

/* Accepts an absent value unless the field is required. */
static int json_reader_missing(struct json_reader *reader, const struct record_field *field)
{
	return field->required ? json_reader_fail_field(reader, field->key, "missing") : 0;
}

/* Returns the canonical form of an IP address, and any other text as it is. */
static const char *json_reader_canonical(const char *text, char room[ADDRESS_TEXT_SIZE])
{
	uint8_t family;
	struct flow_address address;

	if (address_parse(text, &family, &address))
		return text;
	address_format(family, &address, room);
	return room;
}

/* Fails with a message that lists the texts of an enumeration: "egress or ingress was expected". */
static int json_reader_fail_word(struct json_reader *reader, const struct record_field *field,
				 const char *text)
{
	const struct record_words *words = field->words;
	char list[160] = "";
	size_t length = 0;

	for (size_t i = 1; i < words->count && length < sizeof(list); i++) {
		const char *separator = i == 1 ? "" : i + 1 < words->count ? ", " : " or ";
		length += (size_t)snprintf(list + length, sizeof(list) - length, "%s%s", separator,
					   words->texts[i]);
	}
	return json_reader_fail_field(reader, field->key, "%s was expected, not '%.*s'", list,
				      JSON_READER_SHOWN_BYTES, text);
}

/* Reads a text, or a number that the record stores as a text. */
static int json_reader_text(struct json_reader *reader, const json_t *value,
			    const struct record_field *field, struct json_target *target)
{
	const char *text = json_string_value(value);
	void *member = (char *)target->members + field->offset;
	char room[ADDRESS_TEXT_SIZE];

	if (!text) {
		snprintf(target->number_text, sizeof(target->number_text), "%jd",
			 (intmax_t)json_integer_value(value));
		text = target->number_text;
	}
	if (*text == '\0')
		return json_reader_missing(reader, field);
	if (field->type == FIELD_ADDRESS)
		text = json_reader_canonical(text, room);
	if (field->type == FIELD_TEXT || field->type == FIELD_ADDRESS ||
	    field->type == FIELD_PORT_TEXT)
		return text_copy(text, member);
	if (json_value_set_text(field, text, strlen(text), target))
		return 0;
	if (field->type == FIELD_ENUM)
		return json_reader_fail_word(reader, field, text);
	return json_reader_fail_field(
		reader, field->key, "%s was expected, not '%.*s'",
		field->type == FIELD_IP ? "an IP address" : "a time like 2026-01-02T03:04:05.678Z",
		JSON_READER_SHOWN_BYTES, text);
}

static int json_reader_number(struct json_reader *reader, const json_t *value,
			      const struct record_field *field, struct json_target *target)
{
	json_int_t number = json_integer_value(value);

	if (number >= 0 && json_value_set_number(field, (uint64_t)number, target))
		return 0;
	if (field->type == FIELD_PORT)
		return 0;
	if (field->type == FIELD_FAMILY)
		return json_reader_fail_field(reader, field->key, "4 or 6 was expected");
	return json_reader_fail_field(
		reader, field->key, "a number from 0 to %ju was expected, not %jd",
		field->size == sizeof(uint64_t) ? (uintmax_t)INT64_MAX : UINT32_MAX,
		(intmax_t)number);
}

/* Reads a list of texts. Leaves out empty texts. */
static int json_reader_texts(struct json_reader *reader, const json_t *list,
			     const struct record_field *field, struct string_list *out)
{
	char room[ADDRESS_TEXT_SIZE];
	const json_t *value;
	size_t i;

	out->items = memory_checked(calloc(json_array_size(list), sizeof(*out->items)));
	if (!out->items)
		return -ENOMEM;
	json_array_foreach(list, i, value)
	{
		const char *text = json_string_value(value);
		if (!text)
			return json_reader_fail_type(reader, field->key, "a list of strings",
						     value);
		if (*text == '\0')
			continue;
		if (field->type == FIELD_ADDRESSES)
			text = json_reader_canonical(text, room);
		out->items[out->count] = memory_checked(strdup(text));
		if (!out->items[out->count])
			return -ENOMEM;
		out->count++;
	}
	return 0;
}

/* Reads an object of texts. "" is a value here, and does not mean unknown. */
static int json_reader_labels(struct json_reader *reader, json_t *labels,
			      const struct record_field *field, struct labels *out)
{
	const char *key;
	json_t *value;

	out->items = memory_checked(calloc(json_object_size(labels), sizeof(*out->items)));
	if (!out->items)
		return -ENOMEM;
	json_object_foreach(labels, key, value)
	{
		if (!json_is_string(value))
			return json_reader_fail_type(reader, field->key, "an object of strings",
						     value);
		struct label *label = &out->items[out->count++];
		label->key = memory_checked(strdup(key));
		label->value = memory_checked(strdup(json_string_value(value)));
		if (!label->key || !label->value)
			return -ENOMEM;
	}
	labels_sort(out);
	return 0;
}

/* Reads an object of numbers. Leaves out zeros. */
static int json_reader_counts(struct json_reader *reader, json_t *counts,
			      const struct record_field *field, struct failure_counts *out)
{
	const char *key;
	json_t *value;

	json_object_foreach(counts, key, value)
	{
		if (!json_is_integer(value) || json_integer_value(value) < 0)
			return json_reader_fail_field(reader, field->key,
						      "an object of counts was expected");
		if (json_integer_value(value) > 0 && *key != '\0' &&
		    failure_counts_add(out, key, (uint64_t)json_integer_value(value)))
			return -ENOMEM;
	}
	return 0;
}

/* Reads a list of objects into an array that the record owns. */
static int json_reader_list(struct json_reader *reader, const json_t *list,
			    const struct record_field *field, char *members)
{
	size_t count = json_array_size(list);
	size_t size = field->fields->size;

	for (size_t i = 0; i < count; i++) {
		if (!json_is_object(json_array_get(list, i)))
			return json_reader_fail_field(reader, field->key,
						      "a list of objects was expected");
	}
	char *items = memory_checked(calloc(count, size));
	if (!items)
		return -ENOMEM;
	memcpy(members + field->offset, &items, sizeof(items));
	memcpy(members + field->other_offset, &count, sizeof(count));
	reader->list = field->key;
	for (reader->index = 0; reader->index < count; reader->index++) {
		struct json_target item = {.members = items + reader->index * size};
		int result = json_reader_fields(reader, json_array_get(list, reader->index),
						field->fields, &item);
		if (result)
			return result;
	}
	reader->list = NULL;
	return 0;
}

static int json_reader_value(struct json_reader *reader, json_t *value,
			     const struct record_field *field, struct json_target *target)
{
	void *member = (char *)target->members + field->offset;
	const struct json_reader_form *form = &json_reader_forms[field->type];

	if (!form->types)
		form = &json_reader_string;
	if (!(form->types & 1u << json_typeof(value)))
		return json_reader_fail_type(reader, field->key, form->expected, value);
	if (json_is_array(value) ? json_array_size(value) == 0
				 : json_is_object(value) && json_object_size(value) == 0)
		return 0;
	switch ((enum field_type)field->type) {
	case FIELD_TEXTS:
	case FIELD_ADDRESSES:
		return json_reader_texts(reader, value, field, member);
	case FIELD_LABELS:
		return json_reader_labels(reader, value, field, member);
	case FIELD_COUNTS:
		return json_reader_counts(reader, value, field, member);
	case FIELD_LIST:
		return json_reader_list(reader, value, field, target->members);
	case FIELD_OBJECT:
		return json_reader_fields(reader, value, field->fields, target);
	case FIELD_NUMBER:
	case FIELD_PORT:
	case FIELD_FAMILY:
		return json_reader_number(reader, value, field, target);
	case FIELD_BOOL:
		*(bool *)member = json_is_true(value);
		return 0;
	default:
		return json_reader_text(reader, value, field, target);
	}
}

/* Reads the fields of one object. Ignores keys without a row. */
static int json_reader_fields(struct json_reader *reader, const json_t *object,
			      const struct record_fields *fields, struct json_target *target)
{
	for (size_t i = 0; i < fields->count; i++) {
		const struct record_field *field = &fields->rows[i];
		json_t *value = json_object_get(object, field->key);
		int result = value && !json_is_null(value)
				     ? json_reader_value(reader, value, field, target)
				     : json_reader_missing(reader, field);
		if (result)
			return result;
	}
	return 0;
}

/* Parses the line. The caller frees *object. */
static int json_reader_object(struct json_reader *reader, json_t **object)
{
	json_error_t error;

	if (reader->length > RECORD_JSON_LINE_MAX)
		return json_reader_fail(reader, -EBADMSG, 0,
					"a line of at most %u bytes was expected",
					RECORD_JSON_LINE_MAX);
	int result = json_document_parse(reader->text, reader->length, JSON_REJECT_DUPLICATES,
					 object, &error);
	if (result == -ENOMEM || json_is_object(*object))
		return result;
	if (*object)
		return json_reader_fail(reader, -EBADMSG, 1,
					"a JSON object was expected, not a list");
	/* error.position counts the bytes that jansson has read. The error is at the last of these
	 * bytes. */
	json_reader_fail(reader, -EBADMSG, error.position > 0 ? (size_t)error.position : 1,
			 "a JSON object was expected: %.150s", error.text);
	reader->error->incomplete = json_reader_is_cut(reader);
	return -EBADMSG;
}

static int json_reader_version(struct json_reader *reader, const json_t *object)
{
	const json_t *version = json_object_get(object, "v");

	if (!version)
		return json_reader_fail_field(reader, "v", "missing: a polecat record has \"v\":1");
	if (!json_is_integer(version))
		return json_reader_fail_field(reader, "v", "the format's version, 1, was expected");
	if (json_integer_value(version) == 1)
		return 0;
	return json_reader_fail(
		reader, -EPROTO, json_reader_column(reader, "v"),
		"v: records of version %jd cannot be read, this polecat reads version 1",
		(intmax_t)json_integer_value(version));
}

static int json_reader_kind(struct json_reader *reader, const json_t *object, uint8_t *kind)
{
	const json_t *value = json_object_get(object, "kind");
	const char *text = json_string_value(value);

	if (value && !json_is_null(value) && !text)
		return json_reader_fail_type(reader, "kind", "a string", value);
	if (!text || *text == '\0')
		return json_reader_fail_field(reader, "kind", "missing");
	*kind = record_words_find(&record_kind_words, text);
	if (*kind != RECORD_NONE)
		return 0;
	return json_reader_fail(reader, -ENOMSG, json_reader_column(reader, "kind"),
				"kind: '%.60s' is not known", text);
}

/* Reads the fields of the record. record->kind must be set. */
static int json_reader_body(struct json_reader *reader, const json_t *object, struct record *record)
{
	const struct record_fields *fields = record_fields((enum record_kind)record->kind);
	struct json_target target = {.members = &record->flow};

	if (record->kind == RECORD_LOST) {
		target.members = &record->lost;
	} else if (record->kind != RECORD_FLOW) {
		if (record_new_body((enum record_kind)record->kind, record))
			return -ENOMEM;
		target.members = record->body;
	}
	int result = json_reader_fields(reader, object, fields, &target);
	bool has_flow = record->kind == RECORD_FLOW || record->kind == RECORD_EDGE;
	return result || !has_flow ? result : json_value_finish_flow(&target);
}

int record_json_read(const char *line, size_t length, struct record *record,
		     struct record_json_error *error)
{
	if (json_plain_read(line, length, record))
		return 0;

	struct json_reader reader = {.text = line, .length = length, .error = error};
	struct record read = {0};
	json_t *object = NULL;
	int result = json_reader_object(&reader, &object);

	if (!result)
		result = json_reader_version(&reader, object);
	if (!result)
		result = json_reader_kind(&reader, object, &read.kind);
	if (!result)
		result = json_reader_body(&reader, object, &read);
	json_decref(object);
	if (result == -ENOMEM)
		json_reader_fail(&reader, result, 0, "out of memory");
	if (result)
		record_free(&read);
	else
		*record = read;
	return result;
}
