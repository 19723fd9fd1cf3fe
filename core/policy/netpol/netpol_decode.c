/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy/netpol/netpol_decode.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/yaml_scalar.h"
#include "core/policy/netpol/syntax.h"

/* The limit for the total size of all keys and values of the annotations: TotalAnnotationSizeLimitB
 * in k8s.io/apimachinery pkg/api/validation objectmeta.go. */
#define ANNOTATIONS_MAX ((size_t)256 << 10)

int netpol_decode_refuse(const struct yaml_decoding *decoding, const struct yaml_node *node,
			 const char *what, const char *text, const char *expected)
{
	return yaml_refuse(decoding->error, node, "%s \"%.60s\": %s was expected", what, text,
			   expected);
}

static int netpol_decode_get_text(const struct yaml_decoding *decoding,
				  const struct yaml_node *node, const struct netpol_text *type,
				  const char **text)
{
	if (yaml_is_null(node) && type->null != NETPOL_NULL_REFUSED) {
		*text = type->null == NETPOL_NULL_IS_EMPTY ? "" : *text;
		return 0;
	}
	int result = yaml_decode_text(decoding->error, node, type->what, text);
	if (result)
		return result;
	bool valid =
		type->words ? record_words_find(type->words, *text) != 0 : type->is_valid(*text);
	return valid ? 0 : netpol_decode_refuse(decoding, node, type->what, *text, type->expected);
}

int netpol_read_text(const struct yaml_decoding *decoding, const struct yaml_node *node,
		     const void *type, void *member)
{
	const char *text = NULL;
	int result = netpol_decode_get_text(decoding, node, type, &text);

	if (result || !text)
		return result;
	const char *copy = arena_string(decoding->arena, text);
	memcpy(member, &copy, sizeof(copy));
	return copy ? 0 : -ENOMEM;
}

int netpol_read_word(const struct yaml_decoding *decoding, const struct yaml_node *node,
		     const void *type, void *member)
{
	const struct netpol_text *words = type;
	const char *text = NULL;
	int result = netpol_decode_get_text(decoding, node, words, &text);

	if (!result && text)
		*(uint8_t *)member = record_words_find(words->words, text);
	return result;
}

/* --- mappings of texts --- */

static bool netpol_decode_is_any_text(const char *text)
{
	(void)text;
	return true;
}

const struct netpol_text netpol_label_value_type = {"value", "a label value", syntax_is_label_value,
						    NULL, NETPOL_NULL_IS_EMPTY};
static const struct netpol_text annotation_value_type = {
	"annotation", "a text", netpol_decode_is_any_text, NULL, NETPOL_NULL_IS_EMPTY};

/* Reads a key of a mapping of texts. Accepts keys such as 80 and true, because kubectl converts
 * YAML to JSON, in which all keys are texts. */
static int netpol_decode_key(const struct yaml_decoding *decoding, const struct yaml_node *node,
			     bool (*is_valid)(const char *text), char **key)
{
	char number[24];
	const char *text = NULL;
	int64_t value;
	enum yaml_type type = YAML_TEXT;

	if (node->kind == YAML_SCALAR && node->plain && strlen(node->text) == node->count)
		type = yaml_scalar_type(node->text, &value);
	if (type == YAML_INTEGER) {
		snprintf(number, sizeof(number), "%" PRId64, value);
		text = number;
	} else if (type == YAML_BOOLEAN) {
		text = value ? "true" : "false";
	} else if (type == YAML_FLOAT) {
		/* kubectl shortens a key that is a float: 1.50 becomes 1.5. Most files have the
		 * short form, so keep the text as it is. */
		text = node->text;
	} else if (yaml_decode_text(decoding->error, node, "key", &text)) {
		return -EBADMSG;
	}
	if (!is_valid(text))
		return netpol_decode_refuse(decoding, node, "key", text, "a label key");
	*key = arena_string(decoding->arena, text);
	return *key ? 0 : -ENOMEM;
}

static int netpol_decode_expect_mapping(const struct yaml_decoding *decoding,
					const struct yaml_node *node, const char *what)
{
	return node->kind == YAML_MAPPING
		       ? 0
		       : yaml_refuse(decoding->error, node, "%s: a mapping of texts was expected",
				     what);
}

/* A label or an annotation, and the node of its key. */
struct netpol_read_label {
	struct label label;
	const struct yaml_node *key;
};

static int netpol_decode_compare_labels(const void *a, const void *b)
{
	const struct netpol_read_label *x = a;
	const struct netpol_read_label *y = b;
	int order = strcmp(x->label.key, y->label.key);

	if (order == 0)
		order = (x->key->line > y->key->line) - (x->key->line < y->key->line);
	return order ? order
		     : (x->key->column > y->key->column) - (x->key->column < y->key->column);
}

/* Sorts labels or annotations by key. Refuses a key that occurs twice; the error has the position
 * of the second occurrence. */
static int netpol_decode_sort(const struct yaml_decoding *decoding, const char *what,
			      struct netpol_read_label *read, size_t count)
{
	if (count > 1)
		qsort(read, count, sizeof(*read), netpol_decode_compare_labels);
	for (size_t i = 1; i < count; i++) {
		if (strcmp(read[i].label.key, read[i - 1].label.key) == 0)
			return yaml_refuse(decoding->error, read[i].key, "%s has \"%.60s\" twice",
					   what, read[i].label.key);
	}
	return 0;
}

int netpol_decode_labels(const struct yaml_decoding *decoding, const struct yaml_node *node,
			 const char *what, struct labels *labels)
{
	if (yaml_is_null(node))
		return 0;
	int result = netpol_decode_expect_mapping(decoding, node, what);
	if (result)
		return result;
	struct netpol_read_label *read = arena_array(decoding->arena, node->count, sizeof(*read));
	labels->items = arena_array(decoding->arena, node->count, sizeof(*labels->items));
	if (!read || !labels->items)
		return -ENOMEM;
	for (size_t i = 0; i < node->count && !result; i++) {
		read[i].key = node->items[2 * i];
		result = netpol_decode_key(decoding, read[i].key, syntax_is_label_key,
					   &read[i].label.key);
		if (!result)
			result = netpol_read_text(decoding, node->items[2 * i + 1],
						  &netpol_label_value_type, &read[i].label.value);
	}
	if (!result)
		result = netpol_decode_sort(decoding, what, read, node->count);
	for (size_t i = 0; i < node->count && !result; i++)
		labels->items[i] = read[i].label;
	labels->count = node->count;
	return result;
}

int netpol_decode_annotations(const struct yaml_decoding *decoding, const struct yaml_node *node)
{
	size_t size = 0;

	if (yaml_is_null(node))
		return 0;
	int result = netpol_decode_expect_mapping(decoding, node, "annotations");
	if (result)
		return result;
	struct netpol_read_label *read = arena_array(decoding->arena, node->count, sizeof(*read));
	if (!read)
		return -ENOMEM;
	for (size_t i = 0; !result && i < node->count; i++) {
		const char *value = NULL;
		read[i].key = node->items[2 * i];
		result = netpol_decode_key(decoding, read[i].key, syntax_is_annotation_key,
					   &read[i].label.key);
		if (!result)
			result = netpol_decode_get_text(decoding, node->items[2 * i + 1],
							&annotation_value_type, &value);
		if (!result)
			size += strlen(read[i].label.key) + strlen(value);
	}
	if (!result)
		result = netpol_decode_sort(decoding, "annotations", read, node->count);
	if (!result && size > ANNOTATIONS_MAX)
		return yaml_refuse(decoding->error, node,
				   "annotations: at most 256 KiB was expected");
	return result;
}
