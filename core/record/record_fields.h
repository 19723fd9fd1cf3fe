/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fields of every record kind: one row for each field, in the order of a JSON line.
 *
 * The rows are the only list of the fields. The JSON writer, both JSON readers and record_free use
 * them, and so do the tests that compare records or make random ones. A new field needs a
 * member of the struct, and a row in record_fields.c or, for flows, in flow_fields.h.
 * tests/unit/test_record_fields fails for a member without a row, and for a row that the README
 * does not describe.
 */
#ifndef POLECAT_CORE_RECORD_RECORD_FIELDS_H
#define POLECAT_CORE_RECORD_RECORD_FIELDS_H

#include "core/record/record.h"
#include "core/record/record_field.h"

/* Returns the fields of a kind, except "v" and "kind"; NULL for RECORD_NONE and unknown kinds. */
const struct record_fields *record_fields(enum record_kind kind);

/* Returns the struct with the fields of a record: record->flow, record->lost, or the body. */
static inline const void *record_body(const struct record *record)
{
	if (record->kind == RECORD_FLOW)
		return &record->flow;
	return record->kind == RECORD_LOST ? (const void *)&record->lost : record->body;
}

#endif
