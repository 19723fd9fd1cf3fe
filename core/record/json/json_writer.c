/* SPDX-License-Identifier: Apache-2.0 */
/* Writes records as JSON lines. Runs for every event of `trace -o json` and of a recording, so it
 * writes through a raw pointer and reserves room once for each field. */
#include <errno.h>
#include <stdlib.h>

#include "core/base/timestamp.h"
#include "core/record/address.h"
#include "core/record/flow_fields.h"
#include "core/record/json/json_text.h"
#include "core/record/json/record_json.h"
#include "core/record/record_fields.h"

/* An upper bound in bytes for a key, a value that is not a text, and the braces and commas around
 * them. */
#define JSON_WRITER_ROOM 128

/* Each function writes at the argument `at` and returns the end of its text. `at` is not a member
 * of this struct: a byte that is written might alias a member, so the compiler would load the
 * member from memory again after each byte. */
struct json_writer {
	struct buffer *buffer;
	char *end; /* of the room for the line */
	/* The first error. After it, text overwrites the line from the start, and the line is
	 * discarded at the end. */
	int error;
};

/* The values of one object of a line. */
struct json_writer_source {
	const char *members; /* the struct with the values, as bytes */
	uint32_t has;        /* for a flow: bits of enum flow_field */
	/* The next three are for flows. Of these, only `known` may be NULL. */
	const struct flow_names *names;
	const struct flow_names *known_names; /* used for names that `names` lacks */
	const struct flow *known;             /* used for objects that the flow lacks */
};

static char *json_writer_fields(struct json_writer *writer, char *at,
				const struct record_fields *fields,
				const struct json_writer_source *source);

static char *json_writer_fail(struct json_writer *writer, int error)
{
	if (!writer->error)
		writer->error = error;
	/* record_json_write has reserved JSON_WRITER_ROOM bytes at the start of the line. */
	char *line = writer->buffer->data + writer->buffer->length;
	writer->end = line + JSON_WRITER_ROOM;
	return line;
}

static char *json_writer_grow(struct json_writer *writer, char *at, size_t room)
{
	struct buffer *buffer = writer->buffer;

	if (writer->error)
		return json_writer_fail(writer, writer->error);
	size_t length = buffer->length;
	/* buffer_reserve writes a NUL after `length`, which must therefore include the line so
	 * far. */
	buffer->length = (size_t)(at - buffer->data);
	int error = buffer_reserve(buffer, room);
	at = buffer->data + buffer->length;
	buffer->length = length;
	if (error)
		return json_writer_fail(writer, error);
	writer->end = buffer->data + buffer->capacity - 1;
	return at;
}

/* Makes room for `room` bytes; after an error, for JSON_WRITER_ROOM bytes. */
static inline char *json_writer_reserve(struct json_writer *writer, char *at, size_t room)
{
	return (size_t)(writer->end - at) >= room ? at : json_writer_grow(writer, at, room);
}

/* Writes the key of a field. The caller has made room. */
static char *json_writer_key_only(char *at, const struct record_field *field)
{
	/* A copy of a fixed size is faster; the value overwrites the bytes after the key. */
	memcpy(at, field->prefix, sizeof(field->prefix));
	return at + field->prefix_length;
}

/* Makes room for a field with a value that is not a text, and writes the key. */
static inline char *json_writer_key(struct json_writer *writer, char *at,
				    const struct record_field *field)
{
	return json_writer_key_only(json_writer_reserve(writer, at, JSON_WRITER_ROOM), field);
}

/* Writes a text as a JSON string, after the key of `field` unless `field` is NULL. Leaves room for
 * a few more bytes. */
static char *json_writer_string(struct json_writer *writer, char *at,
				const struct record_field *field, const char *text)
{
	size_t length = strlen(text);

	at = json_writer_reserve(writer, at, JSON_WRITER_ROOM + JSON_TEXT_STRING_ROOM(length));
	if (writer->error)
		return at;
	return json_text_put_string(field ? json_writer_key_only(at, field) : at, text, length);
}

/* Writes a field with a text. Writes nothing for NULL and "". */
static char *json_writer_text(struct json_writer *writer, char *at,
			      const struct record_field *field, const char *text)
{
	return text && *text ? json_writer_string(writer, at, field, text) : at;
}

static const char *json_writer_get_text(const void *members, size_t offset)
{
	const char *text;

	memcpy(&text, (const char *)members + offset, sizeof(text));
	return text;
}

static char *json_writer_texts(struct json_writer *writer, char *at,
			       const struct record_field *field, const struct string_list *list)
{
	if (list->count == 0)
		return at;
	at = json_writer_key(writer, at, field);
	for (size_t i = 0; i < list->count; i++) {
		*at++ = i == 0 ? '[' : ',';
		at = json_writer_string(writer, at, NULL, list->items[i]);
	}
	*at++ = ']';
	return at;
}

static char *json_writer_labels(struct json_writer *writer, char *at,
				const struct record_field *field, const struct labels *labels)
{
	if (labels->count == 0)
		return at;
	at = json_writer_key(writer, at, field);
	for (size_t i = 0; i < labels->count; i++) {
		const struct label *label = &labels->items[i];
		*at++ = i == 0 ? '{' : ',';
		at = json_writer_string(writer, at, NULL, label->key);
		*at++ = ':';
		at = json_writer_string(writer, at, NULL, label->value);
	}
	*at++ = '}';
	return at;
}

static char *json_writer_counts(struct json_writer *writer, char *at,
				const struct record_field *field,
				const struct failure_counts *counts)
{
	if (counts->count == 0)
		return at;
	at = json_writer_key(writer, at, field);
	for (size_t i = 0; i < counts->count; i++) {
		const struct failure_count *item = &counts->items[i];
		*at++ = i == 0 ? '{' : ',';
		at = json_writer_string(writer, at, NULL, item->error);
		*at++ = ':';
		at = json_text_put_u64(at, item->count <= INT64_MAX ? item->count : INT64_MAX);
	}
	*at++ = '}';
	return at;
}

/* Writes fields in braces, and leaves room for a bracket. Sets *empty if no field was written. */
static char *json_writer_braces(struct json_writer *writer, char *at,
				const struct record_fields *fields,
				const struct json_writer_source *source, bool *empty)
{
	size_t start = (size_t)(at - writer->buffer->data);

	at = json_writer_reserve(writer, json_writer_fields(writer, at, fields, source),
				 JSON_WRITER_ROOM);
	*empty = false;
	if (writer->error)
		return at;
	char *first = writer->buffer->data + start;
	*empty = at == first;
	/* The opening brace overwrites the comma before the first field. */
	*first = '{';
	at += *empty;
	*at++ = '}';
	return at;
}

static char *json_writer_list(struct json_writer *writer, char *at,
			      const struct record_field *field,
			      const struct json_writer_source *source)
{
	size_t count = record_list_count(field, source->members);
	const char *items;
	bool empty;

	if (count == 0)
		return at;
	memcpy(&items, source->members + field->offset, sizeof(items));
	at = json_writer_key(writer, at, field);
	for (size_t i = 0; i < count; i++) {
		struct json_writer_source item = {.members = items + i * field->fields->size};
		*at++ = i == 0 ? '[' : ',';
		at = json_writer_braces(writer, at, field->fields, &item, &empty);
	}
	*at++ = ']';
	return at;
}

/* Writes an object with the record's values, or with the values of `known` if the record has none
 * of them. Never mixes the values of both. Writes nothing for an empty object. */
static char *json_writer_object(struct json_writer *writer, char *at,
				const struct record_field *field,
				const struct json_writer_source *source)
{
	struct json_writer_source own = *source;
	size_t start;
	bool empty;

	at = json_writer_reserve(writer, at, JSON_WRITER_ROOM);
	start = (size_t)(at - writer->buffer->data);
	own.known_names = source->names;
	at = json_writer_braces(writer, json_writer_key(writer, at, field), field->fields, &own,
				&empty);
	/* `known` is a flow, so it has only the objects that are fields of a flow. */
	if (empty && source->known && field->fields->size == sizeof(struct flow)) {
		own = (struct json_writer_source){(const char *)source->known, source->known->has,
						  source->known_names, source->known_names, NULL};
		at = writer->buffer->data + start;
		at = json_writer_braces(writer, json_writer_key(writer, at, field), field->fields,
					&own, &empty);
	}
	return empty ? writer->buffer->data + start : at;
}

/* Returns true if the text is a port number from 1 to 65535 without a leading zero. */
static bool json_writer_is_port(const char *text)
{
	size_t digits = strspn(text, "0123456789");

	return text[digits] == '\0' && *text != '0' && digits > 0 && digits <= 5 &&
	       strtoul(text, NULL, 10) <= UINT16_MAX;
}

/* Writes a field with a number, a time, true, an address, or the name of an enumerator or errno. */
static char *json_writer_scalar(struct json_writer *writer, char *at,
				const struct record_field *field,
				const struct json_writer_source *source)
{
	const void *member = source->members + field->offset;
	uint64_t value = field->type == FIELD_IP ? 0 : record_field_number(field, member);
	const char *word = NULL;

	if (field->has ? !(source->has & field->has) : value == 0 && !field->required)
		return at;
	if (field->words)
		word = record_word(field->words, value);
	else if (field->type == FIELD_ERROR)
		word = flow_error_name((int)value);
	if (field->words && !word)
		return field->required ? json_writer_fail(writer, -EINVAL) : at;
	/* JSON libraries, jansson among them, refuse numbers above INT64_MAX. */
	if (field->type == FIELD_NUMBER && value > INT64_MAX) {
		if (!field->required)
			return at;
		value = INT64_MAX;
	}
	at = json_writer_key(writer, at, field);
	switch ((enum field_type)field->type) {
	case FIELD_BOOL:
		return JSON_TEXT_PUT(at, "true");
	case FIELD_NUMBER:
	case FIELD_PORT:
	case FIELD_FAMILY:
		return json_text_put_u64(at, value);
	default:
		break;
	}
	*at++ = '"';
	if (word)
		at = stpcpy(at, word);
	else if (field->type == FIELD_IP)
		at += address_format(((const struct flow *)(const void *)source->members)->family,
				     member, at);
	else if (field->type == FIELD_TIME)
		at += timestamp_format(value, at);
	else if (field->type == FIELD_ID)
		at = json_text_put_hex(at, value, 16);
	else
		at = json_text_put_u64(at, value);
	*at++ = '"';
	return at;
}

static char *json_writer_field(struct json_writer *writer, char *at,
			       const struct record_field *field,
			       const struct json_writer_source *source)
{
	const void *member = source->members + field->offset;
	const char *text = NULL;

	switch ((enum field_type)field->type) {
	case FIELD_TEXT:
	case FIELD_ADDRESS:
		return json_writer_text(writer, at, field, json_writer_get_text(member, 0));
	case FIELD_PORT_TEXT:
		text = json_writer_get_text(member, 0);
		if (!text || !json_writer_is_port(text))
			return json_writer_text(writer, at, field, text);
		return stpcpy(json_writer_key(writer, at, field), text);
	case FIELD_COMM:
		return json_writer_text(writer, at, field, member);
	case FIELD_NAME:
		text = json_writer_get_text(source->names, field->offset);
		if (!text)
			text = json_writer_get_text(source->known_names, field->offset);
		return json_writer_text(writer, at, field, text);
	case FIELD_TEXTS:
	case FIELD_ADDRESSES:
		return json_writer_texts(writer, at, field, member);
	case FIELD_LABELS:
		return json_writer_labels(writer, at, field, member);
	case FIELD_COUNTS:
		return json_writer_counts(writer, at, field, member);
	case FIELD_LIST:
		return json_writer_list(writer, at, field, source);
	case FIELD_OBJECT:
		return json_writer_object(writer, at, field, source);
	case FIELD_ID:
	case FIELD_PROTOCOL:
	case FIELD_ERROR:
		text = json_writer_get_text(source->names, field->other_offset);
		if (text && (!field->has || (source->has & field->has)))
			return json_writer_text(writer, at, field, text);
		break;
	default:
		break;
	}
	return json_writer_scalar(writer, at, field, source);
}

static char *json_writer_fields(struct json_writer *writer, char *at,
				const struct record_fields *fields,
				const struct json_writer_source *source)
{
	const struct record_field *end = fields->rows + fields->count;

	for (const struct record_field *field = fields->rows; field < end; field++)
		at = json_writer_field(writer, at, field, source);
	return at;
}

/* The compiler unrolls this loop and specialises the code for each row, because the rows are
 * constants. */
__attribute__((flatten)) static char *json_writer_flow(struct json_writer *writer, char *at,
						       const struct json_writer_source *source)
{
#pragma GCC unroll 64
	for (size_t i = 0; i < sizeof(flow_rows) / sizeof(flow_rows[0]); i++)
		at = json_writer_field(writer, at, &flow_rows[i], source);
	return at;
}

int record_json_write(struct buffer *buffer, const struct record *record, const struct flow *known)
{
	static const struct flow_names no_names;
	const struct record_fields *fields = record_fields((enum record_kind)record->kind);
	const char *kind = record_word(&record_kind_words, record->kind);
	struct json_writer_source source = {
		.members = record_body(record),
		.names = &no_names,
		.known_names = known && known->names ? known->names : &no_names,
		.known = known,
	};
	struct json_writer writer = {.buffer = buffer};
	const struct flow *flow = record->kind == RECORD_FLOW   ? &record->flow
				  : record->kind == RECORD_EDGE ? &record->edge->flow
								: NULL;

	if (!fields)
		return -EINVAL;
	if (flow) {
		source.has = flow->has;
		if (flow->names)
			source.names = flow->names;
	}
	int error = buffer_reserve(buffer, JSON_WRITER_ROOM);
	if (error)
		return error;
	char *at = buffer->data + buffer->length;
	writer.end = buffer->data + buffer->capacity - 1;
	at = JSON_TEXT_PUT(at, "{\"v\":1,\"kind\":\"");
	at = stpcpy(at, kind);
	*at++ = '"';
	at = record->kind == RECORD_FLOW ? json_writer_flow(&writer, at, &source)
					 : json_writer_fields(&writer, at, fields, &source);
	at = json_writer_reserve(&writer, at, JSON_WRITER_ROOM);
	at = JSON_TEXT_PUT(at, "}\n");
	if (!writer.error)
		buffer->length = (size_t)(at - buffer->data);
	buffer->data[buffer->length] = '\0';
	return writer.error;
}
