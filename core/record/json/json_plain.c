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

/* Decodes a string in place, with a NUL at its end. `start` is the byte after the opening quote.
 * Returns the byte after the closing quote. Returns NULL if the string is empty or is not in the
 * writer's form. Inlined, because most of the time of reading a flow is spent here. */
__attribute__((always_inline)) static inline char *json_plain_decode(char *start, size_t *length)
{
	char *at = start;
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
	*length = (size_t)(at - start);
	return at == start ? NULL : next;
}

/* Sets the field from a string. `at` is the byte after the opening quote. Returns the byte after
 * the closing quote. Returns NULL if the string is empty, is not in the writer's form, or is not a
 * value of the field. */
static char *json_plain_read_string(const struct record_field *field, char *at,
				    struct json_target *target)
{
	size_t length;
	char *next = json_plain_decode(at, &length);

	return next && json_value_set_text(field, at, length, target) ? next : NULL;
}

/* Reads a number of up to 19 digits, which cannot overflow. Returns the byte after it, or NULL. */
__attribute__((always_inline)) static inline char *json_plain_count(char *at, uint64_t *number)
{
	const char *start = at;

	*number = 0;
	while (*at >= '0' && *at <= '9' && at - start < 19)
		*number = *number * 10 + (uint64_t)(*at++ - '0');
	return at == start || (at - start > 1 && *start == '0') ? NULL : at;
}

static char *json_plain_read_number(const struct record_field *field, char *at,
				    struct json_target *target)
{
	uint64_t number;
	char *next = json_plain_count(at, &number);

	return next && json_value_set_number(field, number, target) ? next : NULL;
}

/* Reads an object of numbers. `at` is the byte after the opening brace. Returns the byte after the
 * closing brace, or NULL. */
static char *json_plain_read_counts(const struct record_field *field, char *at,
				    struct json_target *target)
{
	struct failure_counts *counts =
		(struct failure_counts *)(void *)((char *)target->members + field->offset);
	size_t length;
	uint64_t count;

	while (*at == '"') {
		char *key = at + 1;
		at = json_plain_decode(key, &length);
		if (!at || *at != ':')
			return NULL;
		at = json_plain_count(at + 1, &count);
		/* The writer sorts the keys, so that no key comes twice. */
		if (!at || count == 0 || count > INT64_MAX ||
		    (counts->count > 0 &&
		     strcmp(counts->items[counts->count - 1].error, key) >= 0) ||
		    failure_counts_add(counts, key, count))
			return NULL;
		if (*at == '}')
			return at + 1;
		if (*at++ != ',')
			return NULL;
	}
	return NULL;
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
		} else if (row->type == FIELD_COUNTS && *at == '{') {
			at = json_plain_read_counts(row, at + 1, target);
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

/* The kinds that this reader reads, and the beginnings of their lines. */
struct json_plain_kind {
	const char *start;
	uint8_t length;
	uint8_t kind; /* enum record_kind */
};

#define JSON_PLAIN_KIND(text, kind)                                                             \
	{                                                                                       \
		"{\"v\":1,\"kind\":\"" text "\"", sizeof("{\"v\":1,\"kind\":\"" text "\"") - 1, \
			(kind)                                                                  \
	}

static const struct json_plain_kind json_plain_kinds[] = {
	JSON_PLAIN_KIND("flow", RECORD_FLOW),
	JSON_PLAIN_KIND("edge", RECORD_EDGE),
};

static const struct json_plain_kind *json_plain_find_kind(const char *line, size_t length)
{
	for (size_t i = 0; i < sizeof(json_plain_kinds) / sizeof(json_plain_kinds[0]); i++) {
		const struct json_plain_kind *kind = &json_plain_kinds[i];
		if (length > kind->length && memcmp(line, kind->start, kind->length) == 0)
			return kind;
	}
	return NULL;
}

bool json_plain_read(const char *line, size_t length, struct record *record)
{
	/* The comparison of a key may read beyond the end of the line, so the copy is longer than
	 * the line. */
	char copy[JSON_PLAIN_LENGTH_MAX + sizeof(((struct record_field *)0)->prefix)];
	struct record read = {.kind = RECORD_FLOW};
	struct json_target target = {.members = &read.flow};
	const struct json_plain_kind *kind = json_plain_find_kind(line, length);

	if (!kind || length > JSON_PLAIN_LENGTH_MAX)
		return false;
	if (kind->kind == RECORD_EDGE) {
		if (record_new_body(RECORD_EDGE, &read))
			return false;
		target.members = read.edge;
	}
	memcpy(copy, line, length);
	memset(copy + length, 0, sizeof(((struct record_field *)0)->prefix));
	const char *end = json_plain_read_fields(record_fields((enum record_kind)kind->kind),
						 copy + kind->length, &target);
	if (end != copy + length || json_value_finish_flow(&target)) {
		record_free(&read);
		return false;
	}
	*record = read;
	return true;
}
