/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/kube/kube_reader.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buffer.h"
#include "core/base/json_document.h"
#include "core/base/memory.h"
#include "core/base/text.h"

/* The largest size of a list without its items. The continue token is the longest part. */
#define ENVELOPE_MAX (64u << 10)

/* The key in the "metadata" of an item under which API servers store the client that last changed
 * each field. Its value is a third of an object, and is not needed. */
#define UNWANTED_KEY   "\"managedFields\""
#define UNWANTED_DEPTH 4

/* The reader follows only strings and the depth of brackets, which is enough to find the beginning
 * and the end of an item. The JSON parser checks the items and the envelope afterwards. */
struct kube_reader {
	kube_reader_object on_object;
	void *data;
	enum kube_reader_form form;
	struct buffer object;
	struct buffer envelope;
	unsigned int depth; /* number of open brackets */
	bool in_items;      /* inside the brackets of "items"; between items, depth is 2 */
	bool seen_items;
	bool in_string;
	bool escaped;  /* the character before was a backslash */
	bool skipping; /* inside the value of UNWANTED_KEY */
};

int kube_reader_new(enum kube_reader_form form, kube_reader_object on_object, void *data,
		    struct kube_reader **out)
{
	struct kube_reader *reader = memory_checked(calloc(1, sizeof(*reader)));

	if (!reader)
		return -ENOMEM;
	*reader = (struct kube_reader){.on_object = on_object, .data = data, .form = form};
	*out = reader;
	return 0;
}

void kube_reader_free(struct kube_reader *reader)
{
	if (!reader)
		return;
	buffer_free(&reader->object);
	buffer_free(&reader->envelope);
	free(reader);
}

/* Appends, or returns -E2BIG if the buffer would then have more than `max` bytes. buffer.limit is
 * not used, because a buffer with a limit takes the slow path for each single byte. */
static int kube_reader_append(struct buffer *buffer, const char *bytes, size_t length, size_t max)
{
	if (length > max - buffer->length)
		return -E2BIG;
	return buffer_append(buffer, bytes, length);
}

/* Passes the object to on_object and empties its buffer. */
static int kube_reader_emit(struct kube_reader *reader)
{
	int error = reader->on_object(reader->data, reader->object.data, reader->object.length);

	buffer_clear(&reader->object);
	return error;
}

static bool kube_reader_is_blank(const struct buffer *line)
{
	return line->length == 0 || strspn(line->data, " \t\r\n") == line->length;
}

static int kube_reader_feed_watch(struct kube_reader *reader, const char *bytes, size_t length)
{
	while (length > 0) {
		const char *newline = memchr(bytes, '\n', length);
		size_t part = newline ? (size_t)(newline - bytes) : length;
		int error = kube_reader_append(&reader->object, bytes, part, KUBE_OBJECT_MAX);
		if (error)
			return error;
		bytes += part;
		length -= part;
		if (!newline)
			break;
		bytes++;
		length--;
		if (kube_reader_is_blank(&reader->object))
			buffer_clear(&reader->object);
		else
			error = kube_reader_emit(reader);
		if (error)
			return error;
	}
	return 0;
}

static bool kube_reader_is_inside_item(const struct kube_reader *reader)
{
	return reader->in_items && reader->depth > 2;
}

/* Updates the state after one character of a string, including its closing quote. */
static void kube_reader_step_string(struct kube_reader *reader, char c)
{
	if (reader->escaped)
		reader->escaped = false;
	else if (c == '\\')
		reader->escaped = true;
	else if (c == '"')
		reader->in_string = false;
}

/* Returns true if the text ends with `key`, or with `key` and a colon. `key` includes its
 * quotes. */
static bool kube_reader_is_behind_key(const struct buffer *text, const char *key)
{
	static const char separators[] = {' ', '\t', '\r', '\n', ':'};
	size_t length = strlen(key);
	size_t end = text->length;

	while (end > 0 && memchr(separators, text->data[end - 1], sizeof(separators)))
		end--;
	if (end < length || memcmp(text->data + end - length, key, length) != 0)
		return false;
	/* If a backslash comes before the first quote of `key`, that quote is part of a longer
	 * key. */
	return end == length || text->data[end - length - 1] != '\\';
}

/* Updates the state after one character outside of strings. Returns 0 or -EBADMSG. */
static int kube_reader_step_structure(struct kube_reader *reader, char c)
{
	switch (c) {
	case '"':
		reader->in_string = true;
		return reader->in_items && reader->depth == 2 ? -EBADMSG : 0;
	case '{':
		reader->depth++;
		return 0;
	case '[':
		if (reader->depth++ == 1 &&
		    kube_reader_is_behind_key(&reader->envelope, "\"items\"")) {
			if (reader->seen_items)
				return -EBADMSG;
			reader->in_items = true;
			reader->seen_items = true;
		}
		return 0;
	case '}':
	case ']':
		if (reader->depth == 0)
			return -EBADMSG;
		reader->depth--;
		reader->in_items = reader->in_items && reader->depth > 1;
		return 0;
	default:
		return 0;
	}
}

/* Returns the number of leading bytes that do not change the state: bytes in a string, a number or
 * a word. */
static size_t kube_reader_plain_length(const struct kube_reader *reader, const char *bytes,
				       size_t length)
{
	size_t i = 0;

	if (!kube_reader_is_inside_item(reader) || reader->escaped)
		return 0;
	if (reader->in_string) {
		while (i < length && bytes[i] != '"' && bytes[i] != '\\')
			i++;
	} else if (reader->depth == UNWANTED_DEPTH) {
		/* Each byte may begin UNWANTED_KEY or end its value, so step through all of
		 * them. */
		return 0;
	} else {
		while (i < length && bytes[i] != '"' && bytes[i] != '{' && bytes[i] != '}' &&
		       bytes[i] != '[' && bytes[i] != ']')
			i++;
	}
	return i;
}

/* Appends one character of an item. Replaces the value of UNWANTED_KEY with 0. */
static int kube_reader_append_item(struct kube_reader *reader, const char *at)
{
	bool ends = !reader->in_string && (*at == ',' || *at == '}') &&
		    reader->depth == UNWANTED_DEPTH - (*at == '}');

	if (reader->skipping && !ends)
		return 0;
	reader->skipping = false;
	if (*at == ':' && !reader->in_string && reader->in_items &&
	    reader->depth == UNWANTED_DEPTH &&
	    kube_reader_is_behind_key(&reader->object, UNWANTED_KEY)) {
		reader->skipping = true;
		return kube_reader_append(&reader->object, ":0", 2, KUBE_OBJECT_MAX);
	}
	return kube_reader_append(&reader->object, at, 1, KUBE_OBJECT_MAX);
}

/* Returns true for the characters that may follow an item or begin the next one. */
static bool kube_reader_may_separate(char c)
{
	return c != '\0' && strchr(", \n\r\t{]\"", c);
}

static int kube_reader_step(struct kube_reader *reader, const char *at)
{
	bool was_inside = kube_reader_is_inside_item(reader);
	bool was_between = reader->in_items && !was_inside;
	int error = 0;

	if (reader->in_string)
		kube_reader_step_string(reader, *at);
	else
		error = kube_reader_step_structure(reader, *at);
	if (error)
		return error;
	if (was_inside || kube_reader_is_inside_item(reader)) {
		error = kube_reader_append_item(reader, at);
		if (error || kube_reader_is_inside_item(reader))
			return error;
		return kube_reader_emit(reader);
	}
	if (was_between && !kube_reader_may_separate(*at))
		return -EBADMSG;
	/* The list of items in the envelope stays empty: "[]". */
	if (was_between && reader->in_items)
		return 0;
	return kube_reader_append(&reader->envelope, at, 1, ENVELOPE_MAX) ? -EBADMSG : 0;
}

static int kube_reader_feed_list(struct kube_reader *reader, const char *bytes, size_t length)
{
	while (length > 0) {
		size_t plain = kube_reader_plain_length(reader, bytes, length);
		int error = 0;
		if (plain == 0)
			error = kube_reader_step(reader, bytes);
		else if (!reader->skipping)
			error = kube_reader_append(&reader->object, bytes, plain, KUBE_OBJECT_MAX);
		if (error)
			return error;
		plain += plain == 0;
		bytes += plain;
		length -= plain;
	}
	return 0;
}

int kube_reader_feed(struct kube_reader *reader, const char *bytes, size_t length)
{
	return reader->form == KUBE_READER_LIST ? kube_reader_feed_list(reader, bytes, length)
						: kube_reader_feed_watch(reader, bytes, length);
}

/* Returns true if kind is `wanted`, or any list if wanted is NULL. */
static bool kube_reader_is_kind(const char *kind, const char *wanted)
{
	size_t length = kind ? strlen(kind) : 0;

	if (wanted)
		return text_compare(kind, wanted) == 0;
	return length > 4 && strcmp(kind + length - 4, "List") == 0;
}

int kube_reader_end_list(struct kube_reader *reader, const char *kind, json_t **envelope)
{
	const struct buffer *text = &reader->envelope;

	if (reader->depth != 0 || reader->in_string || text->length == 0)
		return -EBADMSG;
	json_t *document;
	int error = json_document_parse(text->data, text->length, 0, &document, NULL);
	if (error)
		return error == -EBADMSG ? -EPROTO : error;
	/* An answer from another kind of server must not count as an empty list. */
	const char *actual = json_string_value(json_object_get(document, "kind"));
	const json_t *items = json_object_get(document, "items");
	if (!kube_reader_is_kind(actual, kind) || (!json_is_array(items) && !json_is_null(items))) {
		json_decref(document);
		return -EBADMSG;
	}
	*envelope = document;
	return 0;
}
