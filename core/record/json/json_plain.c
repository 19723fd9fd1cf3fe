/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads lines in the form of record_json_write: no spaces, fields in the order of their rows, and
 * only the writer's escapes. Recordings have this form, and other polecats send it. One pass over
 * the rows and the line is enough: each row is either next in the line or absent.
 */
#include "core/record/json/json_plain.h"

#include <stdint.h>
#include <string.h>

#include "core/base/text.h"
#include "core/record/json/json_value.h"

/* The JSON library reads longer lines. They are rare: record_json_write writes at most 2 KiB if all
 * names are valid in Kubernetes. */
#define JSON_PLAIN_LENGTH_MAX 16384

/* Appends the UTF-8 form of a code point below U+10000 and returns the end. */
static char *json_plain_put_code(char *out, uint32_t code)
{
	if (code < 0x80) {
		*out++ = (char)code;
	} else if (code < 0x800) {
		*out++ = (char)(0xc0 | code >> 6);
		*out++ = (char)(0x80 | (code & 63));
	} else {
		*out++ = (char)(0xe0 | code >> 12);
		*out++ = (char)(0x80 | (code >> 6 & 63));
		*out++ = (char)(0x80 | (code & 63));
	}
	return out;
}

/* Decodes the escape at *at into *out, and moves both pointers. Returns false for an escape that
 * the writer never writes. */
static bool json_plain_unescape(char **at, char **out)
{
	static const char letters[] = "\"\\bfnrt";
	static const char values[] = "\"\\\b\f\n\r\t";
	const char *letter = (*at)[1] != '\0' ? strchr(letters, (*at)[1]) : NULL;
	uint64_t code;

	if (letter) {
		*(*out)++ = values[letter - letters];
		*at += 2;
		return true;
	}
	/* The writer never writes an escaped NUL or surrogate. Leave such lines to the JSON
	 * library. */
	if ((*at)[1] != 'u' || !json_value_read_hex(*at + 2, 4, &code) || code == 0 ||
	    (code >= 0xd800 && code <= 0xdfff))
		return false;
	*out = json_plain_put_code(*out, (uint32_t)code);
	*at += 6;
	return true;
}

/* Reads the rest of a string, from a backslash or a byte that is not printable ASCII. Returns the
 * byte after the closing quote, or NULL. */
static char *json_plain_read_special(char *at, char *out)
{
	while (*at != '"') {
		uint32_t code;
		size_t bytes = text_decode(at, &code);
		if (*at == '\\') {
			if (!json_plain_unescape(&at, &out))
				return NULL;
			continue;
		}
		if (bytes == 0 || code < 0x20)
			return NULL;
		memmove(out, at, bytes);
		out += bytes;
		at += bytes;
	}
	*out = '\0';
	return at + 1;
}

/* Sets the field from a string. `at` is the byte after the opening quote. Returns the byte after
 * the closing quote. Returns NULL if the string is empty, is not in the writer's form, or is not a
 * value of the field. */
static char *json_plain_read_string(const struct record_field *field, char *at,
				    struct json_target *target)
{
	char *start = at;
	char *next;

	while ((unsigned char)*at >= 0x20 && (unsigned char)*at < 0x7f && *at != '"' && *at != '\\')
		at++;
	if (*at == '"') {
		*at = '\0';
		next = at + 1;
	} else {
		next = json_plain_read_special(at, at);
		if (!next)
			return NULL;
		at = start + strlen(start);
	}
	if (at == start || !json_value_set_text(field, start, (size_t)(at - start), target))
		return NULL;
	return next;
}

/* Sets the field from a number of up to 19 digits, which cannot overflow. */
static char *json_plain_read_number(const struct record_field *field, char *at,
				    struct json_target *target)
{
	const char *start = at;
	uint64_t number = 0;

	while (*at >= '0' && *at <= '9' && at - start < 19)
		number = number * 10 + (uint64_t)(*at++ - '0');
	if (at == start || (at - start > 1 && *start == '0') ||
	    !json_value_set_number(field, number, target))
		return NULL;
	return at;
}

/* Sets the field from `true`. The writer leaves `false` out. */
static char *json_plain_read_true(const struct record_field *field, char *at,
				  struct json_target *target)
{
	const bool value = true;

	if (memcmp(at, "true", 4) != 0)
		return NULL;
	memcpy((char *)target->members + field->offset, &value, sizeof(value));
	return at + 4;
}

/* Reads the fields of an object, from the comma before the first field to the closing brace.
 * Returns the byte after the brace, or NULL. */
static char *json_plain_read_fields(const struct record_fields *fields, char *at,
				    struct json_target *target)
{
	const struct record_field *end = fields->rows + fields->count;

	for (const struct record_field *row = fields->rows; row < end; row++) {
		/* Compare the four bytes after `,"` first: they suffice to reject most keys. */
		if (memcmp(at + 2, row->prefix + 2, 4) != 0 ||
		    memcmp(at, row->prefix, row->prefix_length) != 0) {
			if (row->required)
				return NULL;
			continue;
		}
		at += row->prefix_length;
		if (*at == '"') {
			at = json_plain_read_string(row, at + 1, target);
		} else if (row->type == FIELD_OBJECT && *at == '{') {
			*at = ',';
			at = json_plain_read_fields(row->fields, at, target);
		} else if (row->type == FIELD_BOOL) {
			at = json_plain_read_true(row, at, target);
		} else {
			at = json_plain_read_number(row, at, target);
		}
		if (!at)
			return NULL;
	}
	return *at == '}' ? at + 1 : NULL;
}

bool json_plain_read(const char *line, size_t length, struct record *record)
{
	static const char start[] = "{\"v\":1,\"kind\":\"flow\"";
	/* The comparison of a key may read beyond the end of the line, so the copy is longer than
	 * the line. */
	char copy[JSON_PLAIN_LENGTH_MAX + sizeof(((struct record_field *)0)->prefix)];
	struct record read = {.kind = RECORD_FLOW};
	struct json_target target = {.members = &read.flow};

	if (length > JSON_PLAIN_LENGTH_MAX || length < sizeof(start) ||
	    memcmp(line, start, sizeof(start) - 1) != 0)
		return false;
	memcpy(copy, line, length);
	memset(copy + length, 0, sizeof(((struct record_field *)0)->prefix));
	const char *end = json_plain_read_fields(record_fields(RECORD_FLOW),
						 copy + sizeof(start) - 1, &target);
	if (end != copy + length || json_value_finish_flow(&target))
		return false;
	*record = read;
	return true;
}
