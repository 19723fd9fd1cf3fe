/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of record.h that walk over the fields of a record. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/record/record.h"
#include "core/record/record_fields.h"

/* Frees the memory that the members of one struct own. */
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
		case FIELD_COUNTS:
			failure_counts_clear((struct failure_counts *)(void *)member);
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

static int record_copy_members(const struct record_fields *fields, const char *from, char *to);

static int record_copy_texts(const struct string_list *from, struct string_list *to)
{
	int error = 0;

	for (size_t i = 0; !error && i < from->count; i++)
		error = string_list_add(to, from->items[i]);
	return error;
}

static int record_copy_labels(const struct labels *from, struct labels *to)
{
	int error = 0;

	for (size_t i = 0; !error && i < from->count; i++)
		error = labels_set(to, from->items[i].key, from->items[i].value);
	return error;
}

static int record_copy_counts(const struct failure_counts *from, struct failure_counts *to)
{
	int error = 0;

	for (size_t i = 0; !error && i < from->count; i++)
		error = failure_counts_add(to, from->items[i].error, from->items[i].count);
	return error;
}

static int record_copy_list(const struct record_field *row, const char *from, char *to)
{
	size_t count = record_list_count(row, from);
	const char *items;
	char *copy;
	int error = 0;

	if (count == 0)
		return 0;
	memcpy(&items, from + row->offset, sizeof(items));
	copy = memory_checked(calloc(count, row->fields->size));
	if (!copy)
		return -ENOMEM;
	memcpy(to + row->offset, &copy, sizeof(copy));
	memcpy(to + row->other_offset, &count, sizeof(count));
	for (size_t i = 0; !error && i < count; i++)
		error = record_copy_members(row->fields, items + i * row->fields->size,
					    copy + i * row->fields->size);
	return error;
}

/* Copies the members of one struct into a zeroed struct. Returns 0, or -ENOMEM with some members
 * copied. */
static int record_copy_members(const struct record_fields *fields, const char *from, char *to)
{
	int error = 0;

	for (const struct record_field *row = fields->rows;
	     !error && row < fields->rows + fields->count; row++) {
		const void *member = from + row->offset;
		void *copy = to + row->offset;

		switch ((enum field_type)row->type) {
		case FIELD_TEXT:
		case FIELD_ADDRESS:
		case FIELD_PORT_TEXT:
			error = text_copy(*(char *const *)member, copy);
			break;
		case FIELD_TEXTS:
		case FIELD_ADDRESSES:
			error = record_copy_texts(member, copy);
			break;
		case FIELD_LABELS:
			error = record_copy_labels(member, copy);
			break;
		case FIELD_COUNTS:
			error = record_copy_counts(member, copy);
			break;
		case FIELD_NAME:
			/* record_copy_body copies the names. */
			break;
		case FIELD_LIST:
			error = record_copy_list(row, from, to);
			break;
		case FIELD_OBJECT:
			error = record_copy_members(row->fields, from, to);
			break;
		default:
			memcpy(copy, member, row->size);
			break;
		}
	}
	return error;
}

/* The bytes that malloc(3) takes for each block, in the mean: its header and the rounding. */
#define RECORD_BLOCK_BYTES 16

static size_t record_text_footprint(const char *text)
{
	return text ? strlen(text) + RECORD_BLOCK_BYTES : 0;
}

/* Returns the bytes that the members of one struct own. */
static size_t record_members_footprint(const struct record_fields *fields, const char *members)
{
	size_t bytes = 0;

	for (const struct record_field *row = fields->rows; row < fields->rows + fields->count;
	     row++) {
		const void *member = members + row->offset;
		const struct string_list *texts = member;
		const struct labels *labels = member;
		const struct failure_counts *counts = member;
		const char *items;

		switch ((enum field_type)row->type) {
		case FIELD_TEXT:
		case FIELD_ADDRESS:
		case FIELD_PORT_TEXT:
			bytes += record_text_footprint(*(char *const *)member);
			break;
		case FIELD_TEXTS:
		case FIELD_ADDRESSES:
			for (size_t i = 0; i < texts->count; i++)
				bytes += sizeof(*texts->items) +
					 record_text_footprint(texts->items[i]);
			break;
		case FIELD_LABELS:
			for (size_t i = 0; i < labels->count; i++)
				bytes += sizeof(*labels->items) +
					 record_text_footprint(labels->items[i].key) +
					 record_text_footprint(labels->items[i].value);
			break;
		case FIELD_COUNTS:
			for (size_t i = 0; i < counts->count; i++)
				bytes += sizeof(*counts->items) +
					 record_text_footprint(counts->items[i].error);
			break;
		case FIELD_LIST:
			memcpy(&items, member, sizeof(items));
			for (size_t i = 0; i < record_list_count(row, members); i++)
				bytes += row->fields->size +
					 record_members_footprint(row->fields,
								  items + i * row->fields->size);
			break;
		case FIELD_OBJECT:
			bytes += record_members_footprint(row->fields, members);
			break;
		default:
			break;
		}
	}
	return bytes;
}

size_t record_footprint(const struct record *record)
{
	const struct record_fields *fields = record_fields((enum record_kind)record->kind);

	size_t names =
		record->kind == RECORD_EDGE ? flow_names_footprint(record->edge->flow.names) : 0;

	return fields->size + RECORD_BLOCK_BYTES + names +
	       record_members_footprint(fields, record->body);
}

int record_new_body(enum record_kind kind, struct record *out)
{
	void *body = memory_checked(calloc(1, record_fields(kind)->size));

	if (!body)
		return -ENOMEM;
	*out = (struct record){.kind = (uint8_t)kind};
	out->body = body;
	return 0;
}

void *record_member(const struct record *record, const char *key)
{
	const struct record_fields *fields = record_fields((enum record_kind)record->kind);

	for (size_t i = 0; i < fields->count; i++) {
		if (strcmp(fields->rows[i].key, key) == 0)
			return (char *)record->body + fields->rows[i].offset;
	}
	return NULL;
}

static int record_copy_flow(const struct flow *from, struct flow *to)
{
	*to = *from;
	to->names = NULL;
	return from->names ? flow_names_copy(from->names, &to->names) : 0;
}

int record_copy_body(const struct record *record, struct record *out)
{
	const struct record_fields *fields = record_fields((enum record_kind)record->kind);
	struct record copy;

	if (record_new_body((enum record_kind)record->kind, &copy))
		return -ENOMEM;
	int error = record_copy_members(fields, record->body, copy.body);
	if (!error && record->kind == RECORD_EDGE)
		error = record_copy_flow(&record->edge->flow, &copy.edge->flow);
	if (error) {
		record_free(&copy);
		return -ENOMEM;
	}
	*out = copy;
	return 0;
}

static void record_free_body(enum record_kind kind, void *body)
{
	if (!body)
		return;
	record_clear_members(record_fields(kind), body);
	if (kind == RECORD_EDGE)
		free(((struct edge_record *)body)->flow.names);
	free(body);
}

/* Defines the function that frees a body. Arguments: the struct, the name of the argument, the
 * kind. */
#define RECORD_FREE(type, argument, kind)         \
	void type##_free(struct type *(argument)) \
	{                                         \
		record_free_body(kind, argument); \
	}

RECORD_FREE(hello_record, hello, RECORD_HELLO)
RECORD_FREE(container_record, container, RECORD_CONTAINER)
RECORD_FREE(pod_record, pod, RECORD_POD)
RECORD_FREE(service_record, service, RECORD_SERVICE)
RECORD_FREE(namespace_record, namespace_record, RECORD_NAMESPACE)
RECORD_FREE(node_record, node, RECORD_NODE)
RECORD_FREE(service_range_record, service_range, RECORD_SERVICE_RANGE)
RECORD_FREE(workload_record, workload, RECORD_WORKLOAD)
RECORD_FREE(edge_record, edge, RECORD_EDGE)

void record_free(struct record *record)
{
	if (!record)
		return;
	if (record->kind == RECORD_FLOW)
		free(record->flow.names);
	else if (record->kind == RECORD_LOST)
		record_clear_members(record_fields(RECORD_LOST), &record->lost);
	else if (record->kind != RECORD_NONE)
		record_free_body((enum record_kind)record->kind, record->body);
	record->kind = RECORD_NONE;
}
