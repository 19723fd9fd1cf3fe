/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/record/record_fields.h"
#include "tests/support/random_record.h"

static bool texts_equal(const void *a, const void *b)
{
	const char *x;
	const char *y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return x && y ? strcmp(x, y) == 0 : x == y;
}

static bool lists_equal(const struct string_list *a, const struct string_list *b)
{
	for (size_t i = 0; a->count == b->count && i < a->count; i++) {
		if (!texts_equal(&a->items[i], &b->items[i]))
			return false;
	}
	return a->count == b->count;
}

static bool labels_equal(const struct labels *a, const struct labels *b)
{
	for (size_t i = 0; a->count == b->count && i < a->count; i++) {
		if (!texts_equal(&a->items[i].key, &b->items[i].key) ||
		    !texts_equal(&a->items[i].value, &b->items[i].value))
			return false;
	}
	return a->count == b->count;
}

static bool counts_equal(const struct failure_counts *a, const struct failure_counts *b)
{
	for (size_t i = 0; a->count == b->count && i < a->count; i++) {
		if (!texts_equal(&a->items[i].error, &b->items[i].error) ||
		    a->items[i].count != b->items[i].count)
			return false;
	}
	return a->count == b->count;
}

static const char *find_difference(const struct record_fields *fields, const char *a,
				   const char *b);

static bool objects_equal(const struct record_field *field, const char *a, const char *b)
{
	size_t count = record_list_count(field, a);
	const char *x;
	const char *y;

	memcpy(&x, a + field->offset, sizeof(x));
	memcpy(&y, b + field->offset, sizeof(y));
	if (count != record_list_count(field, b))
		return false;
	for (size_t i = 0; i < count; i++) {
		size_t at = i * field->fields->size;
		if (find_difference(field->fields, x + at, y + at))
			return false;
	}
	return true;
}

/* Returns whether the field's member has equal values in the structs `a` and `b`. */
static bool members_equal(const struct record_field *field, const char *a, const char *b)
{
	const void *x = a + field->offset;
	const void *y = b + field->offset;

	switch ((enum field_type)field->type) {
	case FIELD_TEXT:
	case FIELD_ADDRESS:
	case FIELD_PORT_TEXT:
		return texts_equal(x, y);
	case FIELD_TEXTS:
	case FIELD_ADDRESSES:
		return lists_equal(x, y);
	case FIELD_LABELS:
		return labels_equal(x, y);
	case FIELD_COUNTS:
		return counts_equal(x, y);
	case FIELD_LIST:
		return objects_equal(field, a, b);
	case FIELD_OBJECT:
		return !find_difference(field->fields, a, b);
	case FIELD_NAME:
		/* find_name_difference compares the names. */
		return true;
	case FIELD_COMM:
		return strcmp(x, y) == 0;
	default:
		return memcmp(x, y, field->size) == 0;
	}
}

static const char *find_difference(const struct record_fields *fields, const char *a, const char *b)
{
	for (size_t i = 0; i < fields->count; i++) {
		if (!members_equal(&fields->rows[i], a, b))
			return fields->rows[i].key;
	}
	return NULL;
}

/* Returns the key of the first field whose presence bit is in `bits`. */
static const char *find_bit(const struct record_fields *fields, uint32_t bits)
{
	for (size_t i = 0; i < fields->count; i++) {
		const struct record_field *field = &fields->rows[i];
		const char *inner = field->fields ? find_bit(field->fields, bits) : NULL;

		if (field->has & bits || inner)
			return inner ? inner : field->key;
	}
	return NULL;
}

/* Returns the key of the field that has the text at this offset of struct flow_names. */
static const char *find_name(const struct record_fields *fields, size_t offset)
{
	for (size_t i = 0; i < fields->count; i++) {
		const struct record_field *field = &fields->rows[i];
		bool in_names = field->type == FIELD_ID || field->type == FIELD_PROTOCOL ||
				field->type == FIELD_ERROR;
		const char *inner = field->fields ? find_name(field->fields, offset) : NULL;

		if (inner)
			return inner;
		if ((field->type == FIELD_NAME && field->offset == offset) ||
		    (in_names && field->other_offset == offset))
			return field->key;
	}
	return NULL;
}

/* Returns the key of the first text that differs; NULL: none. */
static const char *find_name_difference(const struct record_fields *fields,
					const struct flow_names *a, const struct flow_names *b)
{
	static const struct flow_names none;
	const char *x = (const char *)(a ? a : &none);
	const char *y = (const char *)(b ? b : &none);

	for (size_t at = 0; at < sizeof(*a); at += sizeof(char *)) {
		const char *key = texts_equal(x + at, y + at) ? NULL : find_name(fields, at);

		if (key)
			return key;
	}
	return NULL;
}

/* Returns the flow of a record that has one, else NULL. */
static const struct flow *flow_of(const struct record *record)
{
	if (record->kind == RECORD_EDGE)
		return &record->edge->flow;
	return record->kind == RECORD_FLOW ? &record->flow : NULL;
}

const char *record_difference(const struct record *a, const struct record *b)
{
	const struct record_fields *fields = record_fields((enum record_kind)a->kind);
	const struct flow *x = flow_of(a);
	const struct flow *y = flow_of(b);

	if (a->kind != b->kind)
		return "kind";
	if (!fields)
		return NULL;
	if (x && x->has != y->has)
		return find_bit(fields, x->has ^ y->has);
	const char *key = x ? find_name_difference(fields, x->names, y->names) : NULL;
	return key ? key : find_difference(fields, record_body(a), record_body(b));
}
