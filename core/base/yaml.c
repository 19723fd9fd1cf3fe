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
#include "core/base/hash.h"
#include "core/base/hash_cache.h"
#include "core/base/text.h"

struct yaml_anchor {
	char *name;
	struct yaml_node *node;
};

/* A collection that is still open. */
struct yaml_frame {
	struct yaml_node *node;
	size_t first; /* its first child's position in `finished` */
};

struct yaml_reader {
	yaml_parser_t parser;
	struct yaml_error *error; /* the caller's, during yaml_reader_next */

	/* The document that is being read: */
	struct arena arena;
	size_t node_count;
	struct hash_cache anchors; /* struct yaml_anchor, by name */
	/* Nodes that are complete, until their parent is. */
	const struct yaml_node **finished;
	size_t finished_count;
	size_t finished_capacity;
	struct yaml_frame open[YAML_DEPTH_MAX];
	unsigned int depth;
};

int yaml_reader_new(const char *text, size_t length, struct yaml_reader **out)
{
	struct yaml_reader *reader = calloc(1, sizeof(*reader));

	if (!reader || !yaml_parser_initialize(&reader->parser)) {
		free(reader);
		return -ENOMEM;
	}
	yaml_parser_set_input_string(&reader->parser, (const unsigned char *)text, length);
	*out = reader;
	return 0;
}

static void yaml_reader_clear(struct yaml_reader *reader)
{
	arena_free(&reader->arena);
	hash_cache_clear(&reader->anchors);
	reader->node_count = reader->finished_count = 0;
	reader->depth = 0;
}

void yaml_reader_free(struct yaml_reader *reader)
{
	if (!reader)
		return;
	yaml_reader_clear(reader);
	yaml_parser_delete(&reader->parser);
	free(reader->finished);
	free(reader);
}

int yaml_refuse(struct yaml_error *error, const struct yaml_node *node, const char *format, ...)
{
	char message[sizeof(error->message)];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	error->line = node->line;
	error->column = node->column;
	text_escape(message, error->message, sizeof(error->message));
	return -EBADMSG;
}

/* Returns a node without a value, at a place of libyaml. */
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
	node->height = 1;
	node->text = text;
	node->count = length;
	return yaml_add_finished(reader, node);
}

/* Height 0 marks a collection that is open. */
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
	default: /* where streams and documents begin and end */
		return 0;
	}
}

int yaml_reader_next(struct yaml_reader *reader, const struct yaml_node **root,
		     struct yaml_error *error)
{
	yaml_event_type_t type;

	yaml_reader_clear(reader);
	reader->error = error;
	do {
		yaml_event_t event;
		if (!yaml_parser_parse(&reader->parser, &event))
			return yaml_refuse_syntax(reader);
		type = event.type;
		int result = yaml_add_event(reader, &event);
		yaml_event_delete(&event);
		if (result)
			return result;
	} while (type != YAML_DOCUMENT_END_EVENT && type != YAML_STREAM_END_EVENT);
	*root = reader->finished_count > 0 ? reader->finished[0] : NULL;
	return 0;
}

/* --- look-ups --- */

bool yaml_is(const struct yaml_node *node, const char *text)
{
	return node && node->kind == YAML_SCALAR && strlen(text) == node->count &&
	       strcmp(node->text, text) == 0;
}

const struct yaml_node *yaml_get(const struct yaml_node *mapping, const char *key)
{
	if (!mapping || mapping->kind != YAML_MAPPING)
		return NULL;
	for (size_t i = 0; i < mapping->count; i++) {
		if (yaml_is(mapping->items[2 * i], key))
			return mapping->items[2 * i + 1];
	}
	return NULL;
}

bool yaml_is_null(const struct yaml_node *node)
{
	static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};

	for (size_t i = 0; i < ARRAY_LENGTH(nulls); i++) {
		if (yaml_is(node, nulls[i]))
			return node->plain;
	}
	return false;
}

bool yaml_is_empty(const struct yaml_node *node)
{
	return node->count == 0 || yaml_is_null(node);
}
