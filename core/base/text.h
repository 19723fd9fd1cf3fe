/* SPDX-License-Identifier: Apache-2.0 */
/* Text that others control, and numbers for people. Pure. */
#ifndef POLECAT_CORE_BASE_TEXT_H
#define POLECAT_CORE_BASE_TEXT_H

#include <stddef.h>
#include <stdint.h>

/*
 * Reads the first character of a NUL-terminated text. Returns its bytes (1 to 4) and its code
 * point; 0 for what is not UTF-8 (Unicode 15, table 3-7: no overlong forms, no surrogates, nothing
 * above U+10FFFF). At the end: 1, and code 0.
 */
size_t text_decode(const char *text, uint32_t *code);

/*
 * Copies `source` (NUL-terminated; NULL is "") to `out` so that it can go to a terminal or a log:
 * printable UTF-8 stays, control bytes, escapes, what is invisible or turns the direction of text,
 * and invalid UTF-8 become
 * `\xHH`. Always NUL-terminated within `size`, cut at a whole character. Returns the length
 * written.
 */
size_t text_escape(const char *source, char *out, size_t size);

/* The same, printable ASCII only (for comments in YAML). */
size_t text_escape_ascii(const char *source, char *out, size_t size);

/*
 * How many terminal columns a text takes (wcwidth). Where the locale's encoding is not UTF-8, and
 * for what is not valid, each byte counts as one.
 */
size_t text_width(const char *text);

/*
 * Shortens in the middle with `…` to at most `columns` terminal columns ("cart-786…-6k6jp"). Always
 * NUL-terminated within `size`. ellipsis is "…" or, for terminals without UTF-8, "~". Returns the
 * columns used.
 */
size_t text_shorten_middle(const char *text, size_t columns, const char *ellipsis, char *out,
			   size_t size);

/*
 * Replaces *out, which is freed, by a copy of `text`. NULL and "" mean that there is no text: *out
 * stays as it is. Returns 0, or -ENOMEM with *out unchanged.
 */
int text_copy(const char *text, char **out);

#define TEXT_NUMBER_SIZE 16

/* Figures are cut, not rounded: 999999 is 999k, and nothing reads as more than it is. */

/* A count in at most 4 characters: 0, 999, 1.2k, 34k, 3.4M … */
void text_short_count(uint64_t count, char out[TEXT_NUMBER_SIZE]);
/* Bytes in at most 4 characters, powers of 1000, without a unit for bytes: 999, 1.2k, 34M … */
void text_short_bytes(uint64_t bytes, char out[TEXT_NUMBER_SIZE]);
/* A duration in at most 6 characters: 0ms, <0.1ms, 0.4ms, 31ms, 2.1s, 59s, 12m, 3h, 4d, and years
 * from 10,000 days on. */
void text_short_duration(uint64_t ns, char out[TEXT_NUMBER_SIZE]);
/* One that was measured in whole milliseconds, without tenths that nobody measured: <1ms, 5ms,
 * 31ms, and as above from a second on. */
void text_short_milliseconds(uint64_t ms, char out[TEXT_NUMBER_SIZE]);

#endif
