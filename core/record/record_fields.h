/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fields of every record kind, one row for each, in the order in which a JSON line has them.
 *
 * The rows are the only list of the fields: the JSON writer, both JSON readers, record_free, and the
 * equality and the random records of the tests walk over them. A new field is a member of the struct
 * and a row in record_fields.c or, for flows, in flow_fields.h. tests/unit/test_record_fields names a
 * member without a row, and a row without a word in the README.
 */
#ifndef POLECAT_CORE_RECORD_RECORD_FIELDS_H
#define POLECAT_CORE_RECORD_RECORD_FIELDS_H

#include "core/record/record.h"
#include "core/record/record_field.h"

/* The fields of a kind, without "v" and "kind"; NULL for RECORD_NONE and unknown kinds. */
const struct record_fields *record_fields(enum record_kind kind);

/* The struct with the fields of a record: record->flow, record->lost, or the body it points to. */
static inline const void *record_body(const struct record *record)
{
	if (record->kind == RECORD_FLOW)
		return &record->flow;
	return record->kind == RECORD_LOST ? (const void *)&record->lost : record->body;
}

#endif
