/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/netpol/yaml_tree.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/text.h"

int yaml_tree_refuse(struct yaml_tree *tree, const yaml_node_t *node, const char *format, ...)
{
	char message[sizeof(tree->error->message)];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	tree->error->line = (unsigned int)node->start_mark.line + 1;
	tree->error->column = (unsigned int)node->start_mark.column + 1;
	text_escape(message, tree->error->message, sizeof(tree->error->message));
	return -EBADMSG;
}

static const char *scalar_text(const yaml_node_t *node)
{
	return (const char *)node->data.scalar.value;
}

/* A scalar without a NUL byte in it: what is compared and copied as a C string must be one. */
static bool is_c_string(const yaml_node_t *node)
{
	return node->type == YAML_SCALAR_NODE &&
	       strlen(scalar_text(node)) == node->data.scalar.length;
}

bool yaml_tree_is_null(const yaml_node_t *node)
{
	static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};

	if (node->type != YAML_SCALAR_NODE || node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
		return false;
	for (size_t i = 0; i < sizeof(nulls) / sizeof(nulls[0]); i++) {
		if (strcmp(scalar_text(node), nulls[i]) == 0)
			return true;
	}
	return false;
}

/*
 * What a document may contain once its aliases are what they stand for. A file of some kilobytes
 * could ask for more than any memory holds; the largest object that the API takes has 1.5 MB.
 */
#define VISITED_MAX 1000000

static int refuse_size(struct yaml_tree *tree, const yaml_node_t *node)
{
	return yaml_tree_refuse(tree, node, "the document is too large with its aliases expanded");
}

static int find_field(struct yaml_tree *tree, yaml_node_t *key, const char *what,
		      const struct yaml_field *fields, size_t *index)
{
	if (!is_c_string(key))
		return yaml_tree_refuse(tree, key, "a field's name was expected in %s", what);
	for (size_t i = 0; fields[i].name; i++) {
		if (strcmp(fields[i].name, scalar_text(key)) == 0) {
			*index = i;
			return 0;
		}
	}
	return yaml_tree_refuse(tree, key, "%s has no field \"%.60s\"", what, scalar_text(key));
}

/* Fields per mapping are few: NetworkPolicy's ObjectMeta has the most. */
#define FIELDS_MAX 64

int yaml_tree_mapping(struct yaml_tree *tree, yaml_node_t *node, const char *what,
		      const struct yaml_field *fields, void *object)
{
	bool seen[FIELDS_MAX] = {false};

	if (yaml_tree_is_null(node))
		return 0;
	if (++tree->visited > VISITED_MAX)
		return refuse_size(tree, node);
	if (node->type != YAML_MAPPING_NODE)
		return yaml_tree_refuse(tree, node, "%s: a mapping of fields was expected", what);
	for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
	     pair < node->data.mapping.pairs.top; pair++) {
		yaml_node_t *key = yaml_document_get_node(tree->document, pair->key);
		size_t index = 0;
		int error = find_field(tree, key, what, fields, &index);
		if (error)
			return error;
		if (seen[index])
			return yaml_tree_refuse(tree, key, "%s has the field \"%s\" twice", what,
						fields[index].name);
		seen[index] = true;
		error = fields[index].decode(
			tree, yaml_document_get_node(tree->document, pair->value), object);
		if (error)
			return error;
	}
	return 0;
}

int yaml_tree_sequence(struct yaml_tree *tree, yaml_node_t *node, const char *what,
		       int (*decode)(struct yaml_tree *tree, yaml_node_t *node, void *object),
		       void *object)
{
	if (yaml_tree_is_null(node))
		return 0;
	if (node->type != YAML_SEQUENCE_NODE)
		return yaml_tree_refuse(tree, node, "%s: a list was expected", what);
	for (yaml_node_item_t *item = node->data.sequence.items.start;
	     item < node->data.sequence.items.top; item++) {
		if (++tree->visited > VISITED_MAX)
			return refuse_size(tree, node);
		int error = decode(tree, yaml_document_get_node(tree->document, *item), object);
		if (error)
			return error;
	}
	return 0;
}

int yaml_tree_ignore(struct yaml_tree *tree, yaml_node_t *node, void *object)
{
	(void)tree;
	(void)node;
	(void)object;
	return 0;
}

bool yaml_tree_integer(const yaml_node_t *node, int64_t *value)
{
	char *end;

	if (!is_c_string(node) || node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
		return false;
	const char *text = scalar_text(node);
	size_t digits = strspn(text + (text[0] == '-'), "0123456789");
	/* A leading zero makes it octal for some readers: not a number that everybody reads alike.
	 */
	const char *first = text + (text[0] == '-');
	if (digits == 0 || digits > 18 || first[digits] != '\0' || (digits > 1 && first[0] == '0'))
		return false;
	*value = strtoll(text, &end, 10);
	return true;
}

/* The words that YAML 1.1 reads as booleans. */
static bool is_boolean_word(const char *text)
{
	static const char *const words[] = {"y", "n", "yes", "no", "true", "false", "on", "off"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcasecmp(text, words[i]) == 0)
			return true;
	}
	return false;
}

/* Several dots and nothing but digits between them: a version or an address, to every reader. */
static bool is_dotted(const char *text)
{
	const char *dot = strchr(text, '.');

	return dot && strchr(dot + 1, '.') && !strpbrk(text, "_:");
}

/* Whatever some YAML reader takes for a number: decimal, octal, hexadecimal, binary, floating,
 * sexagesimal. */
static bool looks_like_number(const char *text)
{
	const char *rest = text + (text[0] == '-' || text[0] == '+');
	char *end;

	if (strcasecmp(rest, ".inf") == 0 || strcasecmp(rest, ".nan") == 0)
		return true;
	if (!strpbrk(rest, "0123456789"))
		return false;
	if (rest[0] == '0' && strchr("xXoObB", rest[1]) && rest[1] != '\0')
		return rest[2 + strspn(rest + 2, "0123456789abcdefABCDEF_")] == '\0';
	if (!strchr("0123456789.", rest[0]))
		return false;
	/* 1_000, and 12:30 or 12:30:07.5 in base 60. */
	if (rest[strspn(rest, "0123456789_:.")] == '\0')
		return !is_dotted(rest);
	/* Some leave out the low lines before they look: 1_0e3. */
	char plain[64];
	size_t length = 0;
	for (; *rest && length < sizeof(plain) - 1; rest++) {
		if (*rest != '_')
			plain[length++] = *rest;
	}
	plain[length] = '\0';
	strtod(plain, &end);
	return *rest == '\0' && *end == '\0';
}

int yaml_tree_text(struct yaml_tree *tree, yaml_node_t *node, const char *what, const char **text)
{
	if (node->type != YAML_SCALAR_NODE)
		return yaml_tree_refuse(tree, node, "%s: a text was expected", what);
	if (!is_c_string(node))
		return yaml_tree_refuse(tree, node, "%s: a NUL byte in a text", what);
	const char *value = scalar_text(node);
	if (node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	    (yaml_tree_is_null(node) || is_boolean_word(value) || looks_like_number(value)))
		return yaml_tree_refuse(tree, node, "%s: a text was expected; quote it: \"%.60s\"",
					what, value);
	*text = value;
	return 0;
}

yaml_node_t *yaml_tree_get(const struct yaml_tree *tree, const yaml_node_t *mapping,
			   const char *key)
{
	if (!mapping || mapping->type != YAML_MAPPING_NODE)
		return NULL;
	for (yaml_node_pair_t *pair = mapping->data.mapping.pairs.start;
	     pair < mapping->data.mapping.pairs.top; pair++) {
		const yaml_node_t *name = yaml_document_get_node(tree->document, pair->key);
		if (is_c_string(name) && strcmp(scalar_text(name), key) == 0)
			return yaml_document_get_node(tree->document, pair->value);
	}
	return NULL;
}
