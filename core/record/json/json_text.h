/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lowest layer of the JSON writer: numbers, times and strings at the end of a
 * record_json_buffer. Only the files of this folder use it.
 *
 * The json_text_put_ functions write at `at`, check no room, and return where the next byte goes: the
 * caller has reserved the most that they can take, which the macros below say, and so a whole flow
 * needs one look at the capacity.
 */
#ifndef POLECAT_CORE_RECORD_JSON_JSON_TEXT_H
#define POLECAT_CORE_RECORD_JSON_JSON_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/record/json/record_json.h"

/* The digits of UINT64_MAX. */
#define JSON_TEXT_NUMBER_ROOM 20
/* A timestamp with its quotes. */
#define JSON_TEXT_TIME_ROOM 32
/* A string of `length` bytes: each byte as \uXXXX at worst, and the quotes; 8 more because it is
 * copied in words. */
#define JSON_TEXT_STRING_ROOM(length) (6 * (length) + 2 + 8)

/* Makes room for `room` more bytes and a NUL. 0 or -ENOMEM, the buffer as before. */
int json_text_reserve(struct record_json_buffer *buffer, size_t room);

static inline char *json_text_put_bytes(char *at, const char *bytes, size_t length)
{
	memcpy(at, bytes, length);
	return at + length;
}

/* A string literal as it stands. */
#define JSON_TEXT_PUT(at, literal) json_text_put_bytes((at), "" literal, sizeof(literal) - 1)

char *json_text_put_u64(char *at, uint64_t value);

/* 16 lower case hex digits. */
char *json_text_put_hex64(char *at, uint64_t value);

/* RFC 3339 in quotes. The text of the last second is kept in the buffer: most records share it with
 * the one before. */
char *json_text_put_time(struct record_json_buffer *buffer, char *at, uint64_t unix_ns);

/*
 * The string in quotes. A raw line is safe on a terminal: controls (C0, DEL, C1) and U+2028 and
 * U+2029 are escaped, and what is not UTF-8 becomes U+FFFD, byte by byte.
 */
char *json_text_put_string(char *at, const char *text, size_t length);

#endif
