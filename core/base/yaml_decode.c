/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/yaml_decode.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/array.h"

/* The largest number of rows in a table of fields. ObjectMeta's is the longest in use. */
#define YAML_FIELDS_MAX 64

static bool yaml_decode_has_nul(const struct yaml_node *node)
{
	return strlen(node->text) != node->count;
}

static const struct yaml_field *yaml_decode_find_field(const struct yaml_field *fields,
						       const struct yaml_node *key)
{
	for (; fields->name; fields++) {
		if (yaml_is(key, fields->name))
			return fields;
	}
	return NULL;
}

static int yaml_decode_fields(const struct yaml_decoding *decoding, const struct yaml_node *node,
			      const struct yaml_mapping *mapping, void *object)
{
	struct yaml_error *error = decoding->error;
	bool seen[YAML_FIELDS_MAX] = {false};

	for (size_t i = 0; i < node->count; i++) {
		const struct yaml_node *key = node->items[2 * i];
		const struct yaml_field *field = yaml_decode_find_field(mapping->fields, key);
		if (key->kind != YAML_SCALAR || yaml_decode_has_nul(key))
			return yaml_refuse(error, key, "a field's name was expected in %s",
					   mapping->what);
		if (!field)
			return yaml_refuse(error, key, "%s has no field \"%.60s\"", mapping->what,
					   key->text);
		if (seen[field - mapping->fields])
			return yaml_refuse(error, key, "%s has the field \"%s\" twice",
					   mapping->what, field->name);
		seen[field - mapping->fields] = true;
		int result = field->decode
				     ? field->decode(decoding, node->items[2 * i + 1], field->type,
						     (char *)object + field->offset)
				     : 0;
		if (result)
			return result;
	}
	return 0;
}

int yaml_decode_mapping(const struct yaml_decoding *decoding, const struct yaml_node *node,
			const void *type, void *object)
{
	const struct yaml_mapping *mapping = type;
	bool null = yaml_is_null(node);

	if (!null && node->kind != YAML_MAPPING)
		return yaml_refuse(decoding->error, node, "%s: a mapping of fields was expected",
				   mapping->what);
	int result = null ? 0 : yaml_decode_fields(decoding, node, mapping, object);
	return result || !mapping->finish ? result : mapping->finish(decoding, node, object);
}

int yaml_decode_list(const struct yaml_decoding *decoding, const struct yaml_node *node,
		     const void *type, void *member)
{
	const struct yaml_list *list = type;
	size_t count = yaml_is_null(node) ? 0 : node->count;
	char *items = member;

	if (!yaml_is_null(node) && node->kind != YAML_LIST)
		return yaml_refuse(decoding->error, node, "%s: a list was expected", list->what);
	if (list->size > 0)
		items = count > 0 ? arena_array(decoding->arena, count, list->size) : NULL;
	if (!items && count > 0)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		int result =
			list->decode(decoding, node->items[i], list->type, items + i * list->size);
		if (result)
			return result;
	}
	/* Pointers to all object types have one representation where polecat runs (POSIX). */
	if (list->size > 0) {
		memcpy(member, &items, sizeof(items));
		memcpy((char *)member + list->count, &count, sizeof(count));
	}
	return 0;
}

bool yaml_decode_integer(const struct yaml_node *node, int64_t *value)
{
	if (node->kind != YAML_SCALAR || !node->plain || yaml_decode_has_nul(node))
		return false;
	const char *first = node->text + (node->text[0] == '-');
	size_t digits = strspn(first, "0123456789");
	/* A leading zero means octal to some readers. */
	if (digits == 0 || digits > 18 || first[digits] != '\0' || (digits > 1 && first[0] == '0'))
		return false;
	*value = strtoll(node->text, NULL, 10);
	return true;
}

/* The words that YAML 1.1 readers take for booleans. */
static bool yaml_decode_is_boolean_word(const char *text)
{
	static const char *const words[] = {"y", "n", "yes", "no", "true", "false", "on", "off"};

	for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
		if (strcasecmp(text, words[i]) == 0)
			return true;
	}
	return false;
}

/* Digits between several dots are a version or an address to every reader. */
static bool yaml_decode_is_dotted(const char *text)
{
	const char *dot = strchr(text, '.');

	return dot && strchr(dot + 1, '.') && !strpbrk(text, "_:");
}

/* Returns true for text that some YAML reader takes for a number: decimal, octal, hexadecimal,
 * binary, floating, sexagesimal. */
static bool yaml_decode_looks_like_number(const char *text)
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
		return !yaml_decode_is_dotted(rest);
	/* Some readers drop underscores first: 1_0e3. */
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

int yaml_decode_text(struct yaml_error *error, const struct yaml_node *node, const char *what,
		     const char **text)
{
	if (node->kind != YAML_SCALAR)
		return yaml_refuse(error, node, "%s: a text was expected", what);
	if (yaml_decode_has_nul(node))
		return yaml_refuse(error, node, "%s: a NUL byte in a text", what);
	if (node->plain && (yaml_is_null(node) || yaml_decode_is_boolean_word(node->text) ||
			    yaml_decode_looks_like_number(node->text)))
		return yaml_refuse(error, node, "%s: a text was expected; quote it: \"%.60s\"",
				   what, node->text);
	*text = node->text;
	return 0;
}
