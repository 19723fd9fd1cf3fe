/* SPDX-License-Identifier: Apache-2.0 */
/* Turns the values of a line into the members of a record. Both readers use it, so that a value has
 * one meaning. Only the files of this folder use it. */
#ifndef POLECAT_CORE_RECORD_JSON_JSON_VALUE_H
#define POLECAT_CORE_RECORD_JSON_JSON_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/record/record_fields.h"

/* A record that a reader fills. */
struct json_target {
	void *members;           /* the struct with the members, see record_body */
	struct flow_names names; /* of a flow; the texts belong to the reader */
	/* Of a flow's addresses, by enum flow_field_index: 4 or 6; 0: no address. */
	uint8_t families[FLOW_OPTIONAL_COUNT];
	char number_text[24]; /* a number that the reader keeps as a text */
};

/* Reads `count` hex digits in lower case. Returns false at the first other byte. */
bool json_value_read_hex(const char *text, size_t count, uint64_t *value);

/*
 * Sets the member of a time, an enumeration, or one of the types that only flows have, from a
 * NUL-terminated text of `length` bytes that is not empty. A text for struct flow_names is not
 * copied. False, and no change, for a text that the field cannot have and for other types.
 */
bool json_value_set_text(const struct record_field *field, const char *text, size_t length,
			 struct json_target *target);

/* Sets a number, port or family. False, and no change, for a value that the field cannot have. */
bool json_value_set_number(const struct record_field *field, uint64_t number,
			   struct json_target *target);

/* Completes a flow when all fields are set: decides its family, drops an address of another one,
 * and copies the names into flow->names. Returns 0 or -ENOMEM. */
int json_value_finish_flow(struct json_target *target);

#endif
