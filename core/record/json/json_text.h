/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Puts JSON values into memory. Only the files of this folder use this header.
 *
 * Each function writes at `at`, without a NUL, and returns the end of its text. The caller has made
 * room for the longest form of the value.
 */
#ifndef POLECAT_CORE_RECORD_JSON_JSON_TEXT_H
#define POLECAT_CORE_RECORD_JSON_JSON_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Room for a string of `length` bytes: six bytes for each byte (\uXXXX), two quotes, and 8 spare
 * bytes. */
#define JSON_TEXT_STRING_ROOM(length) (6 * (length) + 2 + 8)

static inline char *json_text_put_bytes(char *at, const char *bytes, size_t length)
{
	memcpy(at, bytes, length);
	return at + length;
}

/* Puts a string literal, without quotes. */
#define JSON_TEXT_PUT(at, literal) json_text_put_bytes((at), "" literal, sizeof(literal) - 1)

char *json_text_put_u64(char *at, uint64_t value);

/* Puts the lowest `count` hex digits of `value`, in lower case. */
char *json_text_put_hex(char *at, uint64_t value, size_t count);

/* Puts a string in quotes, safe for a terminal: escapes control characters (C0, DEL, C1), U+2028
 * and U+2029, and replaces each byte that is not UTF-8 with U+FFFD. */
char *json_text_put_string(char *at, const char *text, size_t length);

#endif
