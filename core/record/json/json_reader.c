/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader of every line that json_plain_read declines: JSON as any tool may write it. It takes
 * an absent field, null and "" as unknown. After an error the record is half built, and
 * record_json_read frees it.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "core/record/address.h"
#include "core/record/json/json_line.h"
#include "core/record/json/json_plain.h"
#include "core/record/json/json_value.h"
#include "core/record/json/record_json.h"

/* A message repeats at most this many bytes of a value. */
#define JSON_READER_SHOWN_BYTES 60

#define JSON_READER_TYPE(type) (1u << JSON_##type)

/* The JSON types of a field, and their name in "… was expected". */
struct json_reader_form {
	uint32_t types;
	const char *expected;
};

static const struct json_reader_form json_reader_string = {JSON_READER_TYPE(STRING), "a string"};

/* The forms of the field types that are not strings. */
static const struct json_reader_form json_reader_forms[FIELD_COMM + 1] = {
	[FIELD_PORT_TEXT] = {JSON_READER_TYPE(STRING) | JSON_READER_TYPE(INTEGER),
			     "a port's number or name"},
	[FIELD_TEXTS] = {JSON_READER_TYPE(ARRAY), "a list"},
	[FIELD_ADDRESSES] = {JSON_READER_TYPE(ARRAY), "a list"},
	[FIELD_LABELS] = {JSON_READER_TYPE(OBJECT), "an object"},
	[FIELD_LIST] = {JSON_READER_TYPE(ARRAY), "a list"},
	[FIELD_OBJECT] = {JSON_READER_TYPE(OBJECT), "an object"},
	[FIELD_NUMBER] = {JSON_READER_TYPE(INTEGER), "a whole number"},
	[FIELD_PORT] = {JSON_READER_TYPE(INTEGER), "a port number"},
	[FIELD_BOOL] = {JSON_READER_TYPE(TRUE) | JSON_READER_TYPE(FALSE), "true or false"},
	[FIELD_ID] = {JSON_READER_TYPE(STRING) | JSON_READER_TYPE(INTEGER),
		      "a string or a whole number"},
	[FIELD_FAMILY] = {JSON_READER_TYPE(INTEGER), "a whole number"},
};

static bool json_reader_fields(struct json_line *line, const json_t *object,
			       const struct record_fields *fields, struct json_target *target);

static bool json_reader_fail_type(struct json_line *line, const char *key, const char *expected,
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

	return json_line_fail_field(line, key, "%s was expected, not %s", expected,
				    names[json_typeof(value)]);
}

/* Accepts an absent value unless the field is required. */
static bool json_reader_missing(struct json_line *line, const struct record_field *field)
{
	return !field->required || json_line_fail_field(line, field->key, "missing");
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

/* Records the texts that an enumeration has: "egress or ingress was expected". */
static bool json_reader_fail_word(struct json_line *line, const struct record_field *field,
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
	return json_line_fail_field(line, field->key, "%s was expected, not '%.*s'", list,
				    JSON_READER_SHOWN_BYTES, text);
}

/* Reads a text, or a number that is kept as a text. */
static bool json_reader_text(struct json_line *line, const json_t *value,
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
		return json_reader_missing(line, field);
	if (field->type == FIELD_ADDRESS)
		text = json_reader_canonical(text, room);
	if (field->type == FIELD_TEXT || field->type == FIELD_ADDRESS ||
	    field->type == FIELD_PORT_TEXT)
		return text_copy(text, member) ? json_line_fail_memory(line) : true;
	if (json_value_set_text(field, text, strlen(text), target))
		return true;
	if (field->type == FIELD_ENUM)
		return json_reader_fail_word(line, field, text);
	return json_line_fail_field(
		line, field->key, "%s was expected, not '%.*s'",
		field->type == FIELD_IP ? "an IP address" : "a time like 2026-01-02T03:04:05.678Z",
		JSON_READER_SHOWN_BYTES, text);
}

static bool json_reader_number(struct json_line *line, const json_t *value,
			       const struct record_field *field, struct json_target *target)
{
	json_int_t number = json_integer_value(value);

	if (number >= 0 && json_value_set_number(field, (uint64_t)number, target))
		return true;
	if (field->type == FIELD_PORT)
		return true;
	if (field->type == FIELD_FAMILY)
		return json_line_fail_field(line, field->key, "4 or 6 was expected");
	return json_line_fail_field(
		line, field->key, "a number from 0 to %ju was expected, not %jd",
		field->size == sizeof(uint64_t) ? (uintmax_t)INT64_MAX : UINT32_MAX,
		(intmax_t)number);
}

/* Reads a list of texts; empty texts are left out. */
static bool json_reader_texts(struct json_line *line, const json_t *list,
			      const struct record_field *field, struct string_list *out)
{
	char room[ADDRESS_TEXT_SIZE];
	const json_t *value;
	size_t i;

	out->items = calloc(json_array_size(list), sizeof(*out->items));
	if (!out->items)
		return json_line_fail_memory(line);
	json_array_foreach(list, i, value)
	{
		const char *text = json_string_value(value);
		if (!text)
			return json_reader_fail_type(line, field->key, "a list of strings", value);
		if (*text == '\0')
			continue;
		if (field->type == FIELD_ADDRESSES)
			text = json_reader_canonical(text, room);
		out->items[out->count] = strdup(text);
		if (!out->items[out->count])
			return json_line_fail_memory(line);
		out->count++;
	}
	return true;
}

static int json_reader_compare_labels(const void *a, const void *b)
{
	return strcmp(((const struct label *)a)->key, ((const struct label *)b)->key);
}

/* Reads an object of texts; "" is a value here. */
static bool json_reader_labels(struct json_line *line, json_t *labels,
			       const struct record_field *field, struct labels *out)
{
	const char *key;
	json_t *value;

	out->items = calloc(json_object_size(labels), sizeof(*out->items));
	if (!out->items)
		return json_line_fail_memory(line);
	json_object_foreach(labels, key, value)
	{
		if (!json_is_string(value))
			return json_reader_fail_type(line, field->key, "an object of strings",
						     value);
		struct label *label = &out->items[out->count++];
		label->key = strdup(key);
		label->value = strdup(json_string_value(value));
		if (!label->key || !label->value)
			return json_line_fail_memory(line);
	}
	/* labels_set for each label would take quadratic time on a hostile line. A parsed object
	 * has no key twice. */
	qsort(out->items, out->count, sizeof(*out->items), json_reader_compare_labels);
	return true;
}

/* Reads a list of objects into an array that the record owns. */
static bool json_reader_list(struct json_line *line, const json_t *list,
			     const struct record_field *field, char *members)
{
	size_t count = json_array_size(list);
	size_t size = field->fields->size;

	for (size_t i = 0; i < count; i++) {
		if (!json_is_object(json_array_get(list, i)))
			return json_line_fail_field(line, field->key,
						    "a list of objects was expected");
	}
	char *items = calloc(count, size);
	if (!items)
		return json_line_fail_memory(line);
	memcpy(members + field->offset, &items, sizeof(items));
	memcpy(members + field->other_offset, &count, sizeof(count));
	line->list = field->key;
	for (line->index = 0; line->index < count; line->index++) {
		struct json_target item = {.members = items + line->index * size};
		if (!json_reader_fields(line, json_array_get(list, line->index), field->fields,
					&item))
			return false;
	}
	line->list = NULL;
	return true;
}

static bool json_reader_value(struct json_line *line, json_t *value,
			      const struct record_field *field, struct json_target *target)
{
	void *member = (char *)target->members + field->offset;
	const struct json_reader_form *form = &json_reader_forms[field->type];

	if (!form->types)
		form = &json_reader_string;
	if (!(form->types & 1u << json_typeof(value)))
		return json_reader_fail_type(line, field->key, form->expected, value);
	if (json_is_array(value) ? json_array_size(value) == 0
				 : json_is_object(value) && json_object_size(value) == 0)
		return true;
	switch ((enum field_type)field->type) {
	case FIELD_TEXTS:
	case FIELD_ADDRESSES:
		return json_reader_texts(line, value, field, member);
	case FIELD_LABELS:
		return json_reader_labels(line, value, field, member);
	case FIELD_LIST:
		return json_reader_list(line, value, field, target->members);
	case FIELD_OBJECT:
		return json_reader_fields(line, value, field->fields, target);
	case FIELD_NUMBER:
	case FIELD_PORT:
	case FIELD_FAMILY:
		return json_reader_number(line, value, field, target);
	case FIELD_BOOL:
		*(bool *)member = json_is_true(value);
		return true;
	default:
		return json_reader_text(line, value, field, target);
	}
}

/* Reads the fields of one object. Keys without a row are ignored. */
static bool json_reader_fields(struct json_line *line, const json_t *object,
			       const struct record_fields *fields, struct json_target *target)
{
	for (size_t i = 0; i < fields->count; i++) {
		const struct record_field *field = &fields->rows[i];
		json_t *value = json_object_get(object, field->key);
		bool read = value && !json_is_null(value)
				    ? json_reader_value(line, value, field, target)
				    : json_reader_missing(line, field);
		if (!read)
			return false;
	}
	return true;
}

/* Parses the line. Returns NULL after an error. */
static json_t *json_reader_object(struct json_line *line)
{
	json_error_t error;

	if (line->length > RECORD_JSON_LINE_MAX) {
		json_line_fail(line, -EBADMSG, 0, "a line of at most %u bytes was expected",
			       RECORD_JSON_LINE_MAX);
		return NULL;
	}
	json_t *object = json_loadb(line->text, line->length, JSON_REJECT_DUPLICATES, &error);
	if (!object && json_error_code(&error) == json_error_out_of_memory) {
		json_line_fail_memory(line);
	} else if (!object) {
		/* jansson counts the bytes that it has read: it stopped at the last of them. */
		json_line_fail(line, -EBADMSG, error.position > 0 ? (size_t)error.position : 1,
			       "a JSON object was expected: %.150s", error.text);
		line->error->incomplete = json_line_is_cut(line);
	} else if (!json_is_object(object)) {
		json_line_fail(line, -EBADMSG, 1, "a JSON object was expected, not a list");
		json_decref(object);
		object = NULL;
	}
	return object;
}

static bool json_reader_version(struct json_line *line, const json_t *object)
{
	const json_t *version = json_object_get(object, "v");

	if (!version)
		return json_line_fail_field(line, "v", "missing: a polecat record has \"v\":1");
	if (!json_is_integer(version))
		return json_line_fail_field(line, "v", "the format's version, 1, was expected");
	if (json_integer_value(version) == 1)
		return true;
	json_line_fail(line, -EPROTO, json_line_column(line, "v"),
		       "v: records of version %jd cannot be read, this polecat reads version 1",
		       (intmax_t)json_integer_value(version));
	return false;
}

static bool json_reader_kind(struct json_line *line, const json_t *object, uint8_t *kind)
{
	const json_t *value = json_object_get(object, "kind");
	const char *text = json_string_value(value);

	if (value && !json_is_null(value) && !text)
		return json_reader_fail_type(line, "kind", "a string", value);
	if (!text || *text == '\0')
		return json_line_fail_field(line, "kind", "missing");
	*kind = record_words_find(&record_kind_words, text);
	if (*kind == RECORD_NONE)
		json_line_fail(line, -ENOMSG, json_line_column(line, "kind"),
			       "kind: '%.60s' is not known", text);
	return *kind != RECORD_NONE;
}

/* Reads the fields of the record, whose kind is set. */
static bool json_reader_body(struct json_line *line, const json_t *object, struct record *record)
{
	const struct record_fields *fields = record_fields((enum record_kind)record->kind);
	struct json_target target = {.members = &record->flow};

	if (record->kind == RECORD_LOST) {
		target.members = &record->lost;
	} else if (record->kind != RECORD_FLOW) {
		if (record_new_body((enum record_kind)record->kind, record))
			return json_line_fail_memory(line);
		target.members = record->body;
	}
	if (!json_reader_fields(line, object, fields, &target))
		return false;
	return record->kind != RECORD_FLOW || json_value_finish_flow(&target) == 0 ||
	       json_line_fail_memory(line);
}

int record_json_read(const char *line, size_t length, struct record *record,
		     struct record_json_error *error)
{
	if (json_plain_read(line, length, record))
		return 0;

	struct json_line reading = {.text = line, .length = length, .error = error};
	struct record read = {0};
	json_t *object = json_reader_object(&reading);
	bool done = object && json_reader_version(&reading, object) &&
		    json_reader_kind(&reading, object, &read.kind) &&
		    json_reader_body(&reading, object, &read);

	json_decref(object);
	if (!done) {
		record_free(&read);
		return reading.result;
	}
	*record = read;
	return 0;
}
