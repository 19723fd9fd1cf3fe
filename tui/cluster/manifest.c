/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/cluster/manifest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/cleanup.h"
#include "core/policy/draft/printer.h"

/* An object or array that is being printed. */
struct manifest_level {
	json_t *value;
	void *member; /* the next member of an object */
	size_t index; /* of the next item of an array */
};

static void manifest_scalar(struct printer *printer, const json_t *value)
{
	char number[32];

	if (json_is_string(value)) {
		printer_text(printer, json_string_value(value));
	} else if (json_is_integer(value)) {
		snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT,
			 json_integer_value(value));
		printer_plain(printer, number);
	} else {
		printer_plain(printer, json_is_true(value) ? "true" : "false");
	}
}

/* Opens a collection as the value of the key (NULL: an item, or the document). */
static void manifest_open(struct printer *printer, json_t *value, const char *key,
			  struct manifest_level *level)
{
	*level = (struct manifest_level){.value = value};
	if (json_is_object(value)) {
		printer_map(printer, key);
		level->member = json_object_iter(value);
	} else {
		printer_list(printer, key);
	}
}

/* Takes the next value of a collection. Returns NULL at its end. */
static json_t *manifest_next(struct manifest_level *level, const char **key)
{
	json_t *value;

	*key = NULL;
	if (json_is_array(level->value))
		return json_array_get(level->value, level->index++);
	if (!level->member)
		return NULL;
	*key = json_object_iter_key(level->member);
	value = json_object_iter_value(level->member);
	level->member = json_object_iter_next(level->value, level->member);
	return value;
}

static void manifest_document(struct printer *printer, json_t *object)
{
	struct manifest_level levels[PRINTER_DEPTH_MAX];
	size_t depth = 1;

	manifest_open(printer, object, NULL, &levels[0]);
	while (depth > 0) {
		const char *key;
		json_t *value = manifest_next(&levels[depth - 1], &key);
		bool nested = json_is_object(value) || json_is_array(value);
		if (!value) {
			printer_close(printer);
			depth--;
		} else if (nested && depth < PRINTER_DEPTH_MAX) {
			manifest_open(printer, value, key, &levels[depth++]);
		} else if (!nested) {
			if (key)
				printer_text(printer, key);
			manifest_scalar(printer, value);
		}
	}
	printer_document_end(printer);
}

static int manifest_print_json(const json_t *objects)
{
	json_t *list =
		json_pack("{s:s, s:s, s:O}", "apiVersion", "v1", "kind", "List", "items", objects);
	CLEANUP_FREE char *text = list ? json_dumps(list, JSON_INDENT(2)) : NULL;

	json_decref(list);
	if (!text)
		return -ENOMEM;
	puts(text);
	return 0;
}

int manifest_print(const json_t *objects, bool json)
{
	struct printer printer = {0};
	CLEANUP_FREE char *text = NULL;
	json_t *object;
	size_t i;

	if (json)
		return manifest_print_json(objects);
	json_array_foreach(objects, i, object)
	{
		if (i > 0)
			printer_separator(&printer);
		manifest_document(&printer, object);
	}
	int error = printer_finish(&printer, &text, NULL);
	if (!error)
		fputs(text, stdout);
	return error;
}
