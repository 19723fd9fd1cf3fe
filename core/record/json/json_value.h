/* SPDX-License-Identifier: Apache-2.0 */
/* Turns the values of a line into the members of a record. Both readers use these functions, so
 * that a value has the same meaning in both readers. Only the files of this folder use this
 * header. */
#ifndef POLECAT_CORE_RECORD_JSON_JSON_VALUE_H
#define POLECAT_CORE_RECORD_JSON_JSON_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/record/record_fields.h"

/* A record that a reader fills. */
struct json_target {
	void *members;           /* the struct with the members, see record_body */
	struct flow_names names; /* of a flow; the reader owns the texts */
	/* The families of a flow's addresses, indexed by enum flow_field_index: 4 or 6; 0: no
	 * address. */
	uint8_t families[FLOW_OPTIONAL_COUNT];
	char number_text[24]; /* a JSON number, if the record stores it as a text */
};

/* Reads `count` hex digits in lower case. Returns false if a byte is not such a digit. */
bool json_value_read_hex(const char *text, size_t count, uint64_t *value);

/*
 * Sets a member of type FIELD_TIME, FIELD_ENUM, or a type that only flows have. `text` is
 * NUL-terminated, has `length` bytes and is not empty. Members of target->names may point to `text`
 * afterwards, so keep `text` until json_value_finish_flow. Returns false, without a change, for a
 * text that the field cannot have and for other types.
 */
bool json_value_set_text(const struct record_field *field, const char *text, size_t length,
			 struct json_target *target);

/* Sets a number, port or family. Returns false, without a change, for a value that the field cannot
 * have. */
bool json_value_set_number(const struct record_field *field, uint64_t number,
			   struct json_target *target);

/* Completes a flow after all fields are set: sets its family, drops addresses of the other family,
 * and copies the names into flow->names. Returns 0 or -ENOMEM. */
int json_value_finish_flow(struct json_target *target);

#endif
