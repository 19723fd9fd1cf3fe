/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/yaml_node.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/array.h"
#include "core/base/text.h"

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

bool yaml_is(const struct yaml_node *node, const char *text)
{
	/* Most texts differ in the first character. */
	return node && node->kind == YAML_SCALAR && node->text[0] == text[0] &&
	       strlen(text) == node->count && strcmp(node->text, text) == 0;
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

	if (!node || node->kind != YAML_SCALAR || !node->plain || node->count > strlen("null"))
		return false;
	for (size_t i = 0; i < ARRAY_LENGTH(nulls); i++) {
		if (yaml_is(node, nulls[i]))
			return true;
	}
	return false;
}

bool yaml_is_empty(const struct yaml_node *node)
{
	return node->count == 0 || yaml_is_null(node);
}
