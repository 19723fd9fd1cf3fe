/* SPDX-License-Identifier: Apache-2.0 */
#include "core/source/kube/kube_reader.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* What a list says of itself, beside its items: a continue token is the longest thing in it. */
#define ENVELOPE_MAX (64u << 10)
#define KEY_SIZE     8 /* room for "items", and to tell it from longer ones */

struct text {
	char *data;
	size_t length;
	size_t capacity;
};

/* What API servers note about who changed which field is a third of an object, and of no use here.
 * It is a key of "metadata", in an item. */
static const char unwanted_key[] = "\"managedFields\"";
#define UNWANTED_KEY_LENGTH (sizeof(unwanted_key) - 1)
#define UNWANTED_DEPTH      4

/*
 * Of JSON, only strings and the depth of brackets are followed here: enough to find where an item
 * begins and ends. Whether an item, and what is around them, is JSON at all, is for the parser.
 */
struct kube_reader {
	kube_reader_object on_object;
	void *data;
	bool is_list;
	struct text object;
	struct text envelope;
	unsigned int depth; /* of open brackets */
	bool in_items;      /* between the brackets of "items": depth is 2 between two items */
	bool seen_items;
	bool in_string;
	bool escaped;       /* the character before was a backslash */
	bool is_key;        /* the string is of the outermost object */
	char key[KEY_SIZE]; /* its beginning */
	size_t key_length;
	bool skipping;   /* the value of the unwanted key: its depth is UNWANTED_DEPTH */
	bool items_next; /* behind the key "items" and its colon */
};

static int new_reader(kube_reader_object on_object, void *data, bool is_list,
		      struct kube_reader **out)
{
	struct kube_reader *reader = calloc(1, sizeof(*reader));

	if (!reader)
		return -ENOMEM;
	reader->on_object = on_object;
	reader->data = data;
	reader->is_list = is_list;
	*out = reader;
	return 0;
}

int kube_reader_new_list(kube_reader_object on_object, void *data, struct kube_reader **out)
{
	return new_reader(on_object, data, true, out);
}

int kube_reader_new_watch(kube_reader_object on_object, void *data, struct kube_reader **out)
{
	return new_reader(on_object, data, false, out);
}

void kube_reader_free(struct kube_reader *reader)
{
	if (!reader)
		return;
	free(reader->object.data);
	free(reader->envelope.data);
	free(reader);
}

static int append(struct text *text, const char *bytes, size_t length, size_t max)
{
	if (length > max - text->length)
		return -E2BIG;
	if (text->length + length > text->capacity) {
		size_t capacity = text->capacity ? text->capacity : 4096;
		while (capacity < text->length + length)
			capacity *= 2;
		char *grown = realloc(text->data, capacity);
		if (!grown)
			return -ENOMEM;
		text->data = grown;
		text->capacity = capacity;
	}
	memcpy(text->data + text->length, bytes, length);
	text->length += length;
	return 0;
}

static bool is_blank(const char *text, size_t length)
{
	while (length > 0 && strchr(" \t\r\n", text[length - 1]) && text[length - 1] != '\0')
		length--;
	return length == 0;
}

static int feed_watch(struct kube_reader *reader, const char *bytes, size_t length)
{
	while (length > 0) {
		const char *newline = memchr(bytes, '\n', length);
		size_t part = newline ? (size_t)(newline - bytes) : length;
		int error = append(&reader->object, bytes, part, KUBE_OBJECT_MAX);
		if (error)
			return error;
		bytes += part;
		length -= part;
		if (!newline)
			break;
		bytes++;
		length--;
		size_t line = reader->object.length;
		reader->object.length = 0;
		if (!is_blank(reader->object.data, line))
			error = reader->on_object(reader->data, reader->object.data, line);
		if (error)
			return error;
	}
	return 0;
}

static bool is_inside_item(const struct kube_reader *reader)
{
	return reader->in_items && reader->depth > 2;
}

static void begin_string(struct kube_reader *reader)
{
	reader->in_string = true;
	reader->is_key = reader->depth == 1;
	reader->key_length = 0;
}

/* One character of a string, its closing quote included. */
static void step_string(struct kube_reader *reader, char c)
{
	if (reader->escaped) {
		reader->escaped = false;
	} else if (c == '\\') {
		reader->escaped = true;
	} else if (c == '"') {
		reader->in_string = false;
		return;
	}
	if (reader->is_key && reader->key_length < KEY_SIZE)
		reader->key[reader->key_length++] = c;
}

static int close_bracket(struct kube_reader *reader)
{
	if (reader->depth == 0)
		return -EBADMSG;
	reader->depth--;
	if (reader->in_items && reader->depth == 1)
		reader->in_items = false;
	return 0;
}

/* One character outside of strings. */
static int step_structure(struct kube_reader *reader, char c)
{
	switch (c) {
	case '"':
		if (reader->in_items && reader->depth == 2)
			return -EBADMSG;
		begin_string(reader);
		return 0;
	case ':':
		reader->items_next = reader->depth == 1 && reader->key_length == 5 &&
				     memcmp(reader->key, "items", 5) == 0;
		return 0;
	case '{':
		reader->depth++;
		reader->items_next = false;
		return 0;
	case '[':
		reader->depth++;
		if (reader->items_next) {
			if (reader->seen_items)
				return -EBADMSG;
			reader->in_items = true;
			reader->seen_items = true;
		}
		reader->items_next = false;
		return 0;
	case '}':
	case ']':
		return close_bracket(reader);
	case ',':
		reader->items_next = false;
		reader->key_length = 0;
		return 0;
	default:
		return 0;
	}
}

/* How many bytes need no look: the inside of a string, or of numbers and words. */
static size_t plain_length(const struct kube_reader *reader, const char *bytes, size_t length)
{
	size_t i = 0;

	if (!is_inside_item(reader) || reader->escaped)
		return 0;
	if (reader->in_string) {
		while (i < length && bytes[i] != '"' && bytes[i] != '\\')
			i++;
	} else if (reader->depth == UNWANTED_DEPTH) {
		/* Where that key may come, or its value end. */
		return 0;
	} else {
		while (i < length && bytes[i] != '"' && bytes[i] != '{' && bytes[i] != '}' &&
		       bytes[i] != '[' && bytes[i] != ']')
			i++;
	}
	return i;
}

/* Whether the colon that comes next is that of the unwanted key. */
static bool is_behind_unwanted(const struct kube_reader *reader)
{
	return reader->in_items && reader->depth == UNWANTED_DEPTH &&
	       reader->object.length >= UNWANTED_KEY_LENGTH &&
	       memcmp(reader->object.data + reader->object.length - UNWANTED_KEY_LENGTH,
		      unwanted_key, UNWANTED_KEY_LENGTH) == 0;
}

/* One character inside an item. Instead of the unwanted key's value, a 0 stays. */
static int keep(struct kube_reader *reader, const char *at)
{
	bool ends = !reader->in_string && (*at == ',' || *at == '}') &&
		    reader->depth == UNWANTED_DEPTH - (*at == '}');

	if (reader->skipping && !ends)
		return 0;
	reader->skipping = false;
	if (*at == ':' && !reader->in_string && is_behind_unwanted(reader)) {
		reader->skipping = true;
		return append(&reader->object, ":0", 2, KUBE_OBJECT_MAX);
	}
	return append(&reader->object, at, 1, KUBE_OBJECT_MAX);
}

/* What stands between two items: nothing else than commas and blanks. */
static bool may_separate(char c)
{
	return c == ',' || c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '{' ||
	       c == ']' || c == '"';
}

static int step(struct kube_reader *reader, const char *at)
{
	bool was_inside = is_inside_item(reader);
	bool was_between = reader->in_items && !was_inside;
	int error = 0;

	if (reader->in_string)
		step_string(reader, *at);
	else
		error = step_structure(reader, *at);
	if (error)
		return error;
	if (was_inside || is_inside_item(reader)) {
		error = keep(reader, at);
		if (error || is_inside_item(reader))
			return error;
		size_t length = reader->object.length;
		reader->object.length = 0;
		return reader->on_object(reader->data, reader->object.data, length);
	}
	if (was_between && !may_separate(*at))
		return -EBADMSG;
	/* Of the items, their brackets alone are in the envelope. */
	if (was_between && reader->in_items)
		return 0;
	return append(&reader->envelope, at, 1, ENVELOPE_MAX) ? -EBADMSG : 0;
}

static int feed_list(struct kube_reader *reader, const char *bytes, size_t length)
{
	while (length > 0) {
		size_t plain = plain_length(reader, bytes, length);
		int error = 0;
		if (plain == 0)
			error = step(reader, bytes);
		else if (!reader->skipping)
			error = append(&reader->object, bytes, plain, KUBE_OBJECT_MAX);
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
	return reader->is_list ? feed_list(reader, bytes, length)
			       : feed_watch(reader, bytes, length);
}

int kube_reader_end_list(struct kube_reader *reader, json_t **envelope)
{
	static const char suffix[] = "List";

	if (reader->depth != 0 || reader->in_string || reader->envelope.length == 0)
		return -EBADMSG;
	json_t *document = json_loadb(reader->envelope.data, reader->envelope.length, 0, NULL);
	const char *kind = json_string_value(json_object_get(document, "kind"));
	size_t length = kind ? strlen(kind) : 0;
	/* An answer of something else than an API server must not pass for "nothing is there". */
	if (length < sizeof(suffix) || strcmp(kind + length - (sizeof(suffix) - 1), suffix) != 0 ||
	    !json_object_get(document, "items")) {
		json_decref(document);
		return -EBADMSG;
	}
	*envelope = document;
	return 0;
}
