/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/yaml.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "core/base/arena.h"
#include "core/base/array.h"
#include "core/base/base64.h"
#include "core/base/hash.h"
#include "core/base/hash_cache.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/base/yaml_json.h"
#include "core/base/yaml_merge.h"
#include "core/base/yaml_scalar.h"

struct yaml_anchor {
	char *name;
	struct yaml_node *node;
};

/* A list or mapping that the parser has not finished. */
struct yaml_frame {
	struct yaml_node *node;
	size_t first; /* its first child's position in `finished` */
};

/*
 * Reads the text in parts: each JSON object at the beginning of the text is one part, and the rest
 * is one part of YAML. libyaml would read a single object as YAML, but not several objects without
 * `---` between them.
 */
struct yaml_reader {
	const char *text;
	size_t length;
	size_t at;               /* offset of the text not yet given to `parser` */
	unsigned int error_line; /* 1-based line of the last error */
	size_t rest;             /* offset of the YAML after the JSON objects */
	/* The position of `at`, or of `rest` while `parser` reads the YAML. */
	unsigned int line;   /* 0-based */
	unsigned int column; /* 0-based, in bytes */
	bool reading;        /* `parser` is initialised */
	char *joined;        /* the JSON object that `parser` reads; NULL: it reads no JSON */
	yaml_parser_t parser;
	struct yaml_error *error; /* the caller's struct; valid during yaml_reader_next */

	/* The current document: */
	struct arena arena;
	size_t node_count;
	size_t merge_budget;
	struct hash_cache anchors; /* struct yaml_anchor, by name */
	/* Complete nodes with a parent that is not complete yet. */
	const struct yaml_node **finished;
	size_t finished_count;
	size_t finished_capacity;
	struct yaml_frame open[YAML_DEPTH_MAX];
	unsigned int depth;
};

int yaml_reader_new(const char *text, size_t length, struct yaml_reader **out)
{
	struct yaml_reader *reader = memory_checked(calloc(1, sizeof(*reader)));

	if (!reader)
		return -ENOMEM;
	reader->text = text;
	reader->length = length;
	*out = reader;
	return 0;
}

static void yaml_reader_clear(struct yaml_reader *reader)
{
	arena_free(&reader->arena);
	hash_cache_clear(&reader->anchors);
	reader->node_count = reader->finished_count = 0;
	reader->merge_budget = YAML_ALIASED_MAX;
	reader->depth = 0;
}

void yaml_reader_wipe(struct yaml_reader *reader)
{
	arena_wipe(&reader->arena);
}

/* --- parts of the text --- */

/* Skips `count` bytes, and updates the line and the column. */
static void yaml_skip(struct yaml_reader *reader, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		bool end = reader->text[reader->at++] == '\n';
		reader->line += end;
		reader->column = end ? 0 : reader->column + 1;
	}
}

static void yaml_close_part(struct yaml_reader *reader)
{
	if (reader->reading)
		yaml_parser_delete(&reader->parser);
	free(reader->joined);
	reader->joined = NULL;
	reader->reading = false;
}

/* Counts the bytes of white space, and of a byte order mark, from `at` on. */
static size_t yaml_count_space(const struct yaml_reader *reader)
{
	static const char mark[] = "\xef\xbb\xbf";
	size_t at = reader->at;

	if (at == 0 && reader->length >= 3 && memcmp(reader->text, mark, 3) == 0)
		at = 3;
	while (at < reader->length && reader->text[at] && strchr(" \t\r\n", reader->text[at]))
		at++;
	return at - reader->at;
}

static int yaml_open_part(struct yaml_reader *reader)
{
	size_t space = yaml_count_space(reader);
	const char *text = reader->text + reader->at + space;
	size_t length = yaml_json_length(text, reader->length - reader->at - space);

	if (length > 0) {
		yaml_skip(reader, space);
		reader->joined = memory_checked(malloc(length));
		if (!reader->joined)
			return -ENOMEM;
	}
	if (!yaml_parser_initialize(&reader->parser))
		return -ENOMEM;
	reader->reading = true;
	reader->parser.mark.line = reader->line;
	reader->parser.mark.column = reader->column;
	if (length > 0) {
		size_t joined = yaml_json_join_surrogates(text, length, reader->joined);
		yaml_parser_set_input_string(&reader->parser, (const unsigned char *)reader->joined,
					     joined);
		yaml_skip(reader, length);
	} else {
		yaml_parser_set_input_string(&reader->parser,
					     (const unsigned char *)reader->text + reader->at,
					     reader->length - reader->at);
		reader->rest = reader->at;
		reader->at = reader->length;
	}
	return 0;
}

bool yaml_reader_skip(struct yaml_reader *reader)
{
	bool json = reader->joined != NULL;

	yaml_close_part(reader);
	if (json)
		return reader->at < reader->length;
	reader->at = reader->rest;
	/* Do not stop at a `---` on the first line of the YAML: it begins the first document, and
	 * the error is in that document or a later one. */
	for (unsigned int first = reader->line; reader->at < reader->length;) {
		const char *text = reader->text + reader->at;
		size_t left = reader->length - reader->at;
		if (reader->line > first && reader->line + 1 >= reader->error_line && left >= 3 &&
		    memcmp(text, "---", 3) == 0)
			return true;
		const char *end = memchr(text, '\n', left);
		yaml_skip(reader, end ? (size_t)(end - text) + 1 : left);
	}
	return false;
}

void yaml_reader_free(struct yaml_reader *reader)
{
	if (!reader)
		return;
	yaml_reader_clear(reader);
	yaml_close_part(reader);
	free(reader->finished);
	free(reader);
}

/* Returns a node without a value at the position that libyaml reports. */
static struct yaml_node yaml_place(const yaml_mark_t *mark)
{
	return (struct yaml_node){
		.line = (unsigned int)mark->line + 1,
		.column = (unsigned int)mark->column + 1,
	};
}

static int yaml_refuse_event(const struct yaml_reader *reader, const yaml_event_t *event,
			     const char *message)
{
	struct yaml_node place = yaml_place(&event->start_mark);

	return yaml_refuse(reader->error, &place, "%s", message);
}

static int yaml_refuse_syntax(const struct yaml_reader *reader)
{
	const yaml_parser_t *parser = &reader->parser;
	struct yaml_node place = yaml_place(&parser->problem_mark);

	if (parser->error == YAML_MEMORY_ERROR)
		return -ENOMEM;
	return yaml_refuse(reader->error, &place, "not YAML: %s",
			   parser->problem ? parser->problem : "it cannot be read");
}

/* --- anchors --- */

static struct yaml_anchor *yaml_find_anchor(const struct yaml_reader *reader, const char *name)
{
	struct hash_cursor cursor;
	struct yaml_anchor *anchor =
		hash_cache_first(&reader->anchors, hash_string(hash_seed(), name), &cursor);

	while (anchor && strcmp(anchor->name, name) != 0)
		anchor = hash_cache_next(&reader->anchors, &cursor);
	return anchor;
}

/* A document may define an anchor again: later aliases refer to the newer node. */
static int yaml_add_anchor(struct yaml_reader *reader, const char *name, struct yaml_node *node)
{
	struct yaml_anchor *anchor = yaml_find_anchor(reader, name);

	if (!anchor) {
		char *copy = arena_string(&reader->arena, name);
		anchor = copy ? hash_cache_add(&reader->anchors, hash_string(hash_seed(), name),
					       sizeof(*anchor))
			      : NULL;
		if (!anchor)
			return -ENOMEM;
		anchor->name = copy;
	}
	anchor->node = node;
	return 0;
}

/* --- events to nodes --- */

static int yaml_add_finished(struct yaml_reader *reader, const struct yaml_node *node)
{
	const struct yaml_node **slot =
		ARRAY_ADD(reader->finished, reader->finished_count, reader->finished_capacity);

	if (!slot)
		return -ENOMEM;
	*slot = node;
	return 0;
}

static int yaml_add_node(struct yaml_reader *reader, const yaml_mark_t *mark,
			 const yaml_char_t *anchor, struct yaml_node **out)
{
	struct yaml_node *node = arena_alloc(&reader->arena, sizeof(*node));

	if (!node)
		return -ENOMEM;
	*node = yaml_place(mark);
	node->expanded = 1;
	reader->node_count++;
	*out = node;
	return anchor ? yaml_add_anchor(reader, (const char *)anchor, node) : 0;
}

/* Decodes the text of a scalar with YAML_BINARY_TAG, as kubectl does. Replaces control characters
 * and bytes that are not ASCII, because texts end at a NUL. No field that polecat uses may contain
 * them. */
static int yaml_decode_binary(struct yaml_reader *reader, struct yaml_node *node)
{
	char *bytes = NULL;
	size_t position;
	int error = base64_decode(node->text, &bytes, &node->count, &position);

	if (error == -EINVAL)
		return yaml_refuse(reader->error, node, "\"%.60s\" does not fit its tag",
				   node->text);
	if (error)
		return error;
	for (size_t i = 0; i < node->count; i++) {
		if ((unsigned char)bytes[i] < ' ' || (unsigned char)bytes[i] >= 0x7f)
			bytes[i] = '?';
	}
	node->text = arena_string(&reader->arena, bytes);
	free(bytes);
	return node->text ? 0 : -ENOMEM;
}

static int yaml_add_scalar(struct yaml_reader *reader, const yaml_event_t *event)
{
	size_t length = event->data.scalar.length;
	char *text = arena_alloc(&reader->arena, length + 1);
	struct yaml_node *node = NULL;
	int error = yaml_add_node(reader, &event->start_mark, event->data.scalar.anchor, &node);

	if (error || !text)
		return -ENOMEM;
	memcpy(text, event->data.scalar.value, length);
	node->kind = YAML_SCALAR;
	node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	if (event->data.scalar.tag &&
	    !yaml_scalar_apply_tag((const char *)event->data.scalar.tag, text, &node->plain))
		return yaml_refuse(reader->error, node, "\"%.60s\" does not fit its tag", text);
	node->height = 1;
	node->text = text;
	node->count = length;
	if (event->data.scalar.tag &&
	    strcmp((const char *)event->data.scalar.tag, YAML_BINARY_TAG) == 0) {
		error = yaml_decode_binary(reader, node);
		if (error)
			return error;
	}
	return yaml_add_finished(reader, node);
}

/* Starts a list or a mapping. Height 0 marks the node as incomplete until yaml_close_collection. */
static int yaml_open_collection(struct yaml_reader *reader, const yaml_event_t *event,
				enum yaml_kind kind, const yaml_char_t *anchor)
{
	struct yaml_node *node = NULL;

	if (reader->depth == YAML_DEPTH_MAX)
		return yaml_refuse_event(reader, event, "nested too deeply");
	int error = yaml_add_node(reader, &event->start_mark, anchor, &node);
	if (error)
		return error;
	node->kind = kind;
	reader->open[reader->depth++] =
		(struct yaml_frame){.node = node, .first = reader->finished_count};
	return 0;
}

static int yaml_close_collection(struct yaml_reader *reader)
{
	const struct yaml_frame *frame = &reader->open[--reader->depth];
	struct yaml_node *node = frame->node;
	size_t count = reader->finished_count - frame->first;
	const struct yaml_node **items = arena_array(&reader->arena, count, sizeof(*items));

	if (!items)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		items[i] = reader->finished[frame->first + i];
		node->expanded += items[i]->expanded;
		if (node->height < items[i]->height)
			node->height = items[i]->height;
	}
	node->height++;
	node->items = items;
	node->count = node->kind == YAML_MAPPING ? count / 2 : count;
	reader->finished_count = frame->first;
	if (node->kind == YAML_MAPPING) {
		int result = yaml_merge(&reader->arena, &node->items, &node->count,
					&reader->merge_budget, reader->error);
		if (result)
			return result;
	}
	if (node->expanded > reader->node_count + YAML_ALIASED_MAX)
		return yaml_refuse(reader->error, node,
				   "the document is too large with its aliases expanded");
	return yaml_add_finished(reader, node);
}

static int yaml_add_alias(struct yaml_reader *reader, const yaml_event_t *event)
{
	const struct yaml_anchor *anchor =
		yaml_find_anchor(reader, (const char *)event->data.alias.anchor);

	if (!anchor)
		return yaml_refuse_event(reader, event, "an alias without its anchor");
	if (anchor->node->height == 0)
		return yaml_refuse_event(reader, event,
					 "an alias inside the node that it stands for");
	if (reader->depth + anchor->node->height > YAML_DEPTH_MAX)
		return yaml_refuse_event(reader, event, "nested too deeply");
	return yaml_add_finished(reader, anchor->node);
}

static int yaml_add_event(struct yaml_reader *reader, const yaml_event_t *event)
{
	if (reader->node_count >= YAML_NODES_MAX || reader->finished_count >= YAML_NODES_MAX)
		return yaml_refuse_event(reader, event, "the document has too many values");
	switch (event->type) {
	case YAML_ALIAS_EVENT:
		return yaml_add_alias(reader, event);
	case YAML_SCALAR_EVENT:
		return yaml_add_scalar(reader, event);
	case YAML_SEQUENCE_START_EVENT:
		return yaml_open_collection(reader, event, YAML_LIST,
					    event->data.sequence_start.anchor);
	case YAML_MAPPING_START_EVENT:
		return yaml_open_collection(reader, event, YAML_MAPPING,
					    event->data.mapping_start.anchor);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return yaml_close_collection(reader);
	case YAML_DOCUMENT_START_EVENT:
		/* kubectl splits a text at `---` before it parses YAML. A directive then is a
		 * document of its own, which kubectl refuses. */
		if (event->data.document_start.version_directive ||
		    event->data.document_start.tag_directives.start !=
			    event->data.document_start.tag_directives.end)
			return yaml_refuse_event(
				reader, event, "a directive (%YAML, %TAG), which kubectl refuses");
		return 0;
	default: /* start and end of the stream, end of a document */
		return 0;
	}
}

/* Reads events until the document or the stream ends. */
static int yaml_read_document(struct yaml_reader *reader)
{
	for (;;) {
		yaml_event_t event;
		if (!yaml_parser_parse(&reader->parser, &event))
			return yaml_refuse_syntax(reader);
		yaml_event_type_t type = event.type;
		int result = yaml_add_event(reader, &event);
		yaml_event_delete(&event);
		if (type == YAML_STREAM_END_EVENT)
			yaml_close_part(reader);
		if (result || type == YAML_DOCUMENT_END_EVENT || type == YAML_STREAM_END_EVENT)
			return result;
	}
}

int yaml_reader_next(struct yaml_reader *reader, const struct yaml_node **root,
		     struct yaml_error *error)
{
	yaml_reader_clear(reader);
	reader->error = error;
	*root = NULL;
	while (reader->reading || reader->at < reader->length) {
		int result = reader->reading ? 0 : yaml_open_part(reader);
		if (!result)
			result = yaml_read_document(reader);
		reader->error_line = error->line;
		if (result)
			return result;
		if (reader->finished_count > 0) {
			*root = reader->finished[0];
			return 0;
		}
	}
	return 0;
}
