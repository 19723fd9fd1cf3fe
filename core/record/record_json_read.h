/* SPDX-License-Identifier: Apache-2.0 */
/* The readers of each kind, for record_json_read alone. */
#ifndef POLECAT_CORE_RECORD_RECORD_JSON_READ_H
#define POLECAT_CORE_RECORD_RECORD_JSON_READ_H

#include <jansson.h>
#include <stdbool.h>

#include "core/record/record_json_fields.h"

/*
 * Each fills in the record, whose kind is set and whose body is empty, from the object. False: the
 * line's error and result say why, and the record is half built.
 */
bool record_json_read_flow(struct json_line *line, const json_t *object, struct record *record);
bool record_json_read_identity(struct json_line *line, const json_t *object, struct record *record);

#endif
