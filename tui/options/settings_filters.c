/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/options/settings_filters.h"

#include <errno.h>
#include <string.h>

#include "core/filter/filter.h"

static int settings_filters_add(struct yaml_error *error, const struct yaml_node *key,
				const struct yaml_node *value, struct filter_names *names)
{
	const char *text = NULL;
	int err;

	if (key->kind != YAML_SCALAR || !filter_names_is_name(key->text))
		return yaml_refuse(error, key, FILTER_NAME_FORM " was expected");
	if (filter_names_find(names, key->text, strlen(key->text)))
		return yaml_refuse(error, key, "%s: this name is repeated", key->text);
	err = yaml_decode_text(error, value, "filter", &text);
	if (err)
		return err;
	if (text[strspn(text, " \t")] == '\0' || strlen(text) > SETTINGS_FILTER_MAX)
		return yaml_refuse(error, value,
				   "%s: an expression of at most %d bytes was expected", key->text,
				   SETTINGS_FILTER_MAX);
	err = filter_names_set(names, key->text, text);
	return err == -ENOSPC ? yaml_refuse(error, key, "at most %d filters were expected",
					    FILTER_NAMES_MAX)
			      : err;
}

static int settings_filters_parse(const char *text, const struct filter_names *names,
				  struct filter_error *reason)
{
	struct filter *filter = NULL;
	int err = filter_new(&filter);

	if (!err)
		err = filter_parse_with_names(filter, text, names, reason);
	filter_free(filter);
	return err;
}

int settings_filters_check(const struct filter_names *names, const char **wrong,
			   struct filter_error *reason)
{
	int err = 0;

	for (size_t i = 0; !err && i < names->count; i++) {
		err = settings_filters_parse(names->items[i].text, names, reason);
		*wrong = names->items[i].name;
	}
	return err;
}

/* Parses an expression, in which all names are known. */
static int settings_filters_check_node(struct yaml_error *error, const struct yaml_node *key,
				       const struct yaml_node *value,
				       const struct filter_names *names)
{
	struct filter_error reason = {0};
	int err = settings_filters_parse(value->text, names, &reason);

	return err == -EINVAL ? yaml_refuse(error, value, "%s, column %zu: %s", key->text,
					    reason.column, reason.message)
			      : err;
}

int settings_filters_decode(struct yaml_error *error, const struct yaml_node *node,
			    struct filter_names *out)
{
	int err = 0;

	*out = (struct filter_names){0};
	if (yaml_is_null(node))
		return 0;
	if (node->kind != YAML_MAPPING)
		return yaml_refuse(error, node, "filters: a mapping NAME: EXPRESSION was expected");
	for (size_t i = 0; !err && i < node->count; i++)
		err = settings_filters_add(error, node->items[2 * i], node->items[2 * i + 1], out);
	for (size_t i = 0; !err && i < node->count; i++)
		err = settings_filters_check_node(error, node->items[2 * i], node->items[2 * i + 1],
						  out);
	if (err)
		filter_names_clear(out);
	return err;
}
