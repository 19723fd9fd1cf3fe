/* SPDX-License-Identifier: Apache-2.0 */
/* The readers of each kind, for record_json_read alone. */
#ifndef POLECAT_CORE_RECORD_JSON_RECORD_JSON_READ_H
#define POLECAT_CORE_RECORD_JSON_RECORD_JSON_READ_H

#include <jansson.h>
#include <stdbool.h>

#include "core/record/json/record_json_fields.h"

/*
 * Each fills in the record, whose kind is set and whose body is empty, from the object. False: the
 * line's error and result say why, and the record is half built.
 */
bool record_json_read_flow(struct json_line *line, const json_t *object, struct record *record);
bool record_json_read_identity(struct json_line *line, const json_t *object, struct record *record);

/*
 * Reads a flow that is written exactly as record_json_write writes it, without the JSON library.
 * False: the line is another one, or anything about it is unusual; *record is untouched then, and
 * the library has to look at it.
 */
bool record_json_read_plain(const char *line, size_t length, struct record *record);

/* Copies the names into one block that the flow owns from then on; none: NULL. 0 or -ENOMEM. */
int record_json_keep_names(const struct flow_names *found, struct flow *flow);

#endif
