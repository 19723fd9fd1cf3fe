/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text form of records: one JSON object a line, version 1 (README, "Record format"). Readers
 * ignore fields and kinds that they do not know; writers leave out what is not known.
 */
#ifndef POLECAT_CORE_RECORD_JSON_RECORD_JSON_H
#define POLECAT_CORE_RECORD_JSON_RECORD_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/record/record.h"
#include "core/record/record_names.h"

/* Where and why a line was refused. */
struct record_json_error {
	size_t column;   /* 1-based, in bytes; 0: the line as a whole */
	bool incomplete; /* the line ends before its object does: it was cut */
	char message[200];
};

/* Longer lines are refused: nothing that polecat writes comes near, and a stream must not grow
 * without bound. */
#define RECORD_JSON_LINE_MAX (4u << 20)

/*
 * Reads one line of `length` bytes (without the newline) into *record, which then owns its body.
 *
 * A flow must have event, ts and direction; whatever else it lacks, is null or is "" stays unknown.
 * What is known but not usable is left out rather than guessed: a port outside 0 to 65535, and the
 * subject's address if it is of another family than the peer's. A name in place of a number, an
 * address that is none, or an unknown event is an error. Addresses in the other kinds are made
 * canonical where they can be read, and kept as they are where not. An id that is not 16 lower case
 * hex digits is kept in names->id, and its hash is the flow's id.
 *
 * 0; -ENOMSG for a kind that is not known (ignore it; *record untouched); -EBADMSG with *error
 * filled in for what is no record or breaks the format; -EPROTO for another version than 1, *error
 * filled in; -ENOMEM.
 */
int record_json_read(const char *line, size_t length, struct record *record,
		     struct record_json_error *error);

/* A growing output buffer. Zero-initialise; data is NUL-terminated after every write; free(data) in
 * the end. */
struct record_json_buffer {
	char *data;
	size_t length;
	size_t capacity;
	uint64_t second;      /* the writer's: the Unix second that second_text is for */
	char second_text[20]; /* "2026-01-02T03:04:05.", no NUL; begins with NUL until a time was
				 written */
};

/*
 * Appends the record as one line, newline included. `known` has what the state knows of a flow, in
 * its names and its peer; a name or an object that the record lacks is taken from it. NULL: nothing
 * is known. Strings are written as JSON; U+FFFD replaces invalid UTF-8. Allocates only to grow the
 * buffer. 0, -ENOMEM, or -EINVAL for RECORD_NONE and for a record without a required field; the
 * buffer is as before then.
 */
int record_json_write(struct record_json_buffer *buffer, const struct record *record,
		      const struct flow *known);

#endif
