/* SPDX-License-Identifier: Apache-2.0 */
/* The text form of records: one JSON object a line, version 1 (README, "Record format"). Readers
 * ignore unknown fields and kinds; writers leave out unknown values. */
#ifndef POLECAT_CORE_RECORD_JSON_RECORD_JSON_H
#define POLECAT_CORE_RECORD_JSON_RECORD_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buffer.h"
#include "core/record/record.h"
#include "core/record/record_names.h"

/* The position of an error in a line, and the reason for the error. */
struct record_json_error {
	size_t column;   /* 1-based, in bytes; 0: the line as a whole */
	bool incomplete; /* the line was cut: it ends before its JSON object ends */
	char message[200];
};

/* The reader refuses a longer line, so that a stream cannot take all memory. polecat writes lines
 * far below this limit. */
#define RECORD_JSON_LINE_MAX (4u << 20)

/*
 * Reads one line of `length` bytes, without the newline, into *record. The record owns its body.
 *
 * A flow must have event, ts and direction. Any other field that is absent, null or "" is unknown.
 * The reader drops values that it cannot use: a port outside 0 to 65535, and the subject's address
 * if its family is not that of the peer's address. A text in place of a number, an address field
 * without a valid address, and an unknown event are errors. In other kinds, addresses that can be
 * parsed become canonical, and other texts stay as they are. If an id is not 16 lower case hex
 * digits, names->id keeps its text, and the flow's id is a hash of the text.
 *
 * Returns 0; -ENOMSG for an unknown kind, which callers ignore; -EBADMSG for a line that is not a
 * record or breaks the format; -EPROTO for a version other than 1; -ENOMEM. An error fills in
 * *error and leaves *record untouched.
 */
int record_json_read(const char *line, size_t length, struct record *record,
		     struct record_json_error *error);

/*
 * Appends the record as one line, with its newline. If a flow lacks names or its peer, takes them
 * from `known`, which the state fills in and which may be NULL. U+FFFD replaces invalid UTF-8.
 * Allocates only to grow the buffer. Returns 0, -ENOMEM, or -EINVAL for RECORD_NONE and for a
 * record without a required field. On failure the buffer is unchanged.
 */
int record_json_write(struct buffer *buffer, const struct record *record, const struct flow *known);

#endif
