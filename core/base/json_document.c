/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/json_document.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/secret.h"

/*
 * The parser gets the text in pieces of this size. After a failed allocation, it gets no further
 * piece. So it reads at most a piece with the memory that is reserved.
 */
#define JSON_DOCUMENT_PIECE 16u

/* The reserve for allocations of up to JSON_DOCUMENT_SMALL bytes. Each byte of a piece causes at
 * most two of them, a list and its first elements. */
#define JSON_DOCUMENT_SMALL   512u
#define JSON_DOCUMENT_RESERVE (JSON_DOCUMENT_PIECE * 2 * JSON_DOCUMENT_SMALL)

/* jansson stores the text of the string or number that it reads in a buffer that begins with 16
 * bytes and doubles. */
#define JSON_DOCUMENT_BUFFER 16u

/* A parse that is under way in a thread. */
struct json_document_parse {
	const char *text;
	size_t length;
	size_t at;   /* the bytes before it were passed to the parser */
	bool failed; /* an allocation failed */
	char *reserve;
	size_t small_used; /* of the first JSON_DOCUMENT_RESERVE bytes */
	size_t large;      /* the size of the rest, for the buffer of jansson */
	bool large_used;
};

static _Thread_local struct json_document_parse *json_document_current;
static _Thread_local bool json_document_has_secret;
static pthread_once_t json_document_once = PTHREAD_ONCE_INIT;

/* Allocates from the reserve. Returns NULL if it is used up. */
static void *json_document_spare(struct json_document_parse *parse, size_t size)
{
	const size_t unit = _Alignof(max_align_t);
	size_t rounded = (size + unit - 1) / unit * unit;

	parse->failed = true;
	if (size <= JSON_DOCUMENT_SMALL) {
		if (rounded > JSON_DOCUMENT_RESERVE - parse->small_used)
			return NULL;
		parse->small_used += rounded;
		return parse->reserve + parse->small_used - rounded;
	}
	if (size > parse->large || parse->large_used)
		return NULL;
	parse->large_used = true;
	return parse->reserve + JSON_DOCUMENT_RESERVE;
}

static void *json_document_allocate(size_t size)
{
	void *memory = memory_checked(malloc(size));

	return memory || !json_document_current ? memory
						: json_document_spare(json_document_current, size);
}

static void json_document_free(void *memory)
{
	if (json_document_has_secret)
		secret_free(memory);
	else
		free(memory);
}

static void json_document_release(void *memory)
{
	const struct json_document_parse *parse = json_document_current;
	uintptr_t offset = parse ? (uintptr_t)memory - (uintptr_t)parse->reserve : 0;

	if (parse && offset < JSON_DOCUMENT_RESERVE + parse->large)
		return;
	json_document_free(memory);
}

static void json_document_set_functions(void)
{
	json_set_alloc_funcs(json_document_allocate, json_document_release);
}

/* Returns the next piece of the text. After a failed allocation, the text ends. */
static size_t json_document_read(void *buffer, size_t size, void *data)
{
	struct json_document_parse *parse = data;
	size_t count = parse->length - parse->at;

	if (parse->failed || count == 0)
		return 0;
	if (count > JSON_DOCUMENT_PIECE)
		count = JSON_DOCUMENT_PIECE;
	if (count > size)
		count = size;
	memcpy(buffer, parse->text + parse->at, count);
	parse->at += count;
	return count;
}

/* Counts the values of a text: the first, and one for each bracket and comma outside strings. Keys
 * are not counted. Stops above JSON_DOCUMENT_VALUES. Stores the length of the longest text between
 * two of these characters: no string and no number is longer. */
static size_t json_document_count_values(const char *text, size_t length, size_t *longest)
{
	size_t count = 1;
	size_t start = 0;
	bool in_string = false;

	*longest = 0;
	for (size_t i = 0; i < length && count <= JSON_DOCUMENT_VALUES; i++) {
		switch (text[i]) {
		case '\\':
			i += in_string;
			continue;
		case '"':
			in_string = !in_string;
			continue;
		case '[':
		case '{':
		case ',':
			if (in_string)
				continue;
			count++;
			if (i - start > *longest)
				*longest = i - start;
			start = i;
			continue;
		default:
			continue;
		}
	}
	if (length - start > *longest)
		*longest = length - start;
	return count;
}

/* Reserves memory. Returns 0 or -ENOMEM. */
static int json_document_start(struct json_document_parse *parse, size_t longest)
{
	parse->large = JSON_DOCUMENT_BUFFER;
	/* The buffer also has the quotes and a NUL. */
	while (parse->large < longest + 4)
		parse->large *= 2;
	parse->large *= 2;
	parse->reserve = memory_checked(malloc(JSON_DOCUMENT_RESERVE + parse->large));
	return parse->reserve ? 0 : -ENOMEM;
}

static int json_document_load(struct json_document_parse *parse, size_t flags, json_t **out,
			      json_error_t *error)
{
	int result = 0;

	json_document_current = parse;
	json_t *document = json_load_callback(json_document_read, parse, flags, error);
	if (parse->failed) {
		/* It may be cut, and it may use the reserve. */
		json_decref(document);
		document = NULL;
		result = -ENOMEM;
	} else if (!document) {
		result = -EBADMSG;
	}
	json_document_current = NULL;
	*out = document;
	return result;
}

int json_document_parse(const char *text, size_t length, size_t flags, json_t **out,
			json_error_t *error)
{
	struct json_document_parse parse = {.text = text, .length = length};
	json_error_t ignored;
	size_t longest;

	if (!error)
		error = &ignored;
	*error = (json_error_t){0};
	*out = NULL;
	pthread_once(&json_document_once, json_document_set_functions);
	if (json_document_count_values(text, length, &longest) > JSON_DOCUMENT_VALUES) {
		snprintf(error->text, sizeof(error->text), "more than %u values",
			 JSON_DOCUMENT_VALUES);
		return -EBADMSG;
	}
	int result = json_document_start(&parse, longest);
	if (!result)
		result = json_document_load(&parse, flags, out, error);
	json_document_free(parse.reserve);
	return result;
}

void json_document_begin_secret(void)
{
	json_document_has_secret = true;
}

void json_document_end_secret(void)
{
	json_document_has_secret = false;
}
