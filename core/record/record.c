/* SPDX-License-Identifier: Apache-2.0 */
#include "core/record/record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/record/record_fields.h"

void string_list_clear(struct string_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
	*list = (struct string_list){0};
}

int string_list_add(struct string_list *list, const char *text)
{
	char *copy = strdup(text);
	char **items = reallocarray(list->items, list->count + 1, sizeof(*items));

	if (items)
		list->items = items;
	if (!copy || !items) {
		free(copy);
		return -ENOMEM;
	}
	list->items[list->count++] = copy;
	return 0;
}

bool string_list_has(const struct string_list *list, const char *text)
{
	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(list->items[i], text) == 0)
			return true;
	}
	return false;
}

void labels_clear(struct labels *labels)
{
	for (size_t i = 0; i < labels->count; i++) {
		free(labels->items[i].key);
		free(labels->items[i].value);
	}
	free(labels->items);
	*labels = (struct labels){0};
}

/* Finds the index of the key, or the index to insert it at. */
static size_t labels_lower_bound(const struct labels *labels, const char *key)
{
	size_t low = 0;
	size_t high = labels->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (strcmp(labels->items[middle].key, key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const char *labels_get(const struct labels *labels, const char *key)
{
	if (!labels)
		return NULL;
	size_t at = labels_lower_bound(labels, key);
	if (at == labels->count || strcmp(labels->items[at].key, key) != 0)
		return NULL;
	return labels->items[at].value;
}

int labels_set(struct labels *labels, const char *key, const char *value)
{
	size_t at = labels_lower_bound(labels, key);
	char *value_copy = strdup(value);

	if (!value_copy)
		return -ENOMEM;
	if (at < labels->count && strcmp(labels->items[at].key, key) == 0) {
		free(labels->items[at].value);
		labels->items[at].value = value_copy;
		return 0;
	}

	char *key_copy = strdup(key);
	struct label *items = reallocarray(labels->items, labels->count + 1, sizeof(*items));
	if (items)
		labels->items = items;
	if (!key_copy || !items) {
		free(key_copy);
		free(value_copy);
		return -ENOMEM;
	}
	memmove(&items[at + 1], &items[at], (labels->count - at) * sizeof(*items));
	items[at] = (struct label){.key = key_copy, .value = value_copy};
	labels->count++;
	return 0;
}

/* Frees what the members of one struct own. */
static void record_clear_members(const struct record_fields *fields, void *members)
{
	for (const struct record_field *row = fields->rows; row < fields->rows + fields->count;
	     row++) {
		char *member = (char *)members + row->offset;
		char *owned;

		switch ((enum field_type)row->type) {
		case FIELD_TEXT:
		case FIELD_ADDRESS:
		case FIELD_PORT_TEXT:
			memcpy(&owned, member, sizeof(owned));
			free(owned);
			break;
		case FIELD_TEXTS:
		case FIELD_ADDRESSES:
			string_list_clear((struct string_list *)(void *)member);
			break;
		case FIELD_LABELS:
			labels_clear((struct labels *)(void *)member);
			break;
		case FIELD_LIST:
			memcpy(&owned, member, sizeof(owned));
			for (size_t i = 0; i < record_list_count(row, members); i++)
				record_clear_members(row->fields, owned + i * row->fields->size);
			free(owned);
			break;
		case FIELD_OBJECT:
			record_clear_members(row->fields, members);
			break;
		default:
			break;
		}
	}
}

static void record_free_body(enum record_kind kind, void *body)
{
	if (!body)
		return;
	record_clear_members(record_fields(kind), body);
	free(body);
}

/* Defines the function that frees a body. */
#define RECORD_FREE(type, kind)               \
	void type##_free(struct type *body)   \
	{                                     \
		record_free_body(kind, body); \
	}

RECORD_FREE(hello_record, RECORD_HELLO)
RECORD_FREE(container_record, RECORD_CONTAINER)
RECORD_FREE(pod_record, RECORD_POD)
RECORD_FREE(service_record, RECORD_SERVICE)
RECORD_FREE(namespace_record, RECORD_NAMESPACE)
RECORD_FREE(node_record, RECORD_NODE)
RECORD_FREE(dns_record, RECORD_DNS)

void record_free(struct record *record)
{
	if (!record)
		return;
	if (record->kind == RECORD_FLOW)
		free(record->flow.names);
	else if (record->kind != RECORD_NONE && record->kind != RECORD_LOST)
		record_free_body((enum record_kind)record->kind, record->body);
	record->kind = RECORD_NONE;
}
