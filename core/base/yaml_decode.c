/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/yaml_decode.h"

#include <errno.h>
#include <string.h>

#include "core/base/yaml_scalar.h"

/* The largest number of rows in a table of fields. The longest table in use is that of
 * ObjectMeta. */
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
	/* Copy the pointer as bytes: its type is not known here, and POSIX systems represent
	 * pointers to all object types alike. */
	if (list->size > 0) {
		memcpy(member, &items, sizeof(items));
		memcpy((char *)member + list->count, &count, sizeof(count));
	}
	return 0;
}

static enum yaml_type yaml_decode_type(const struct yaml_node *node, int64_t *value)
{
	return node->plain ? yaml_scalar_type(node->text, value) : YAML_TEXT;
}

static bool yaml_decode_has_type(const struct yaml_node *node, enum yaml_type type, int64_t *value)
{
	return node->kind == YAML_SCALAR && !yaml_decode_has_nul(node) &&
	       yaml_decode_type(node, value) == type;
}

bool yaml_decode_integer(const struct yaml_node *node, int64_t *value)
{
	int64_t found;

	if (!yaml_decode_has_type(node, YAML_INTEGER, &found))
		return false;
	*value = found;
	return true;
}

bool yaml_decode_is_boolean(const struct yaml_node *node)
{
	int64_t value;

	return yaml_decode_has_type(node, YAML_BOOLEAN, &value);
}

int yaml_decode_text(struct yaml_error *error, const struct yaml_node *node, const char *what,
		     const char **text)
{
	int64_t value;

	if (node->kind != YAML_SCALAR)
		return yaml_refuse(error, node, "%s: a text was expected", what);
	if (yaml_decode_has_nul(node))
		return yaml_refuse(error, node, "%s: a NUL byte in a text", what);
	if (yaml_decode_type(node, &value) != YAML_TEXT)
		return yaml_refuse(error, node, "%s: a text was expected; quote it: \"%.60s\"",
				   what, node->text);
	*text = node->text;
	return 0;
}
