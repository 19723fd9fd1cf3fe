/* SPDX-License-Identifier: Apache-2.0 */
/* Functions that escape and measure text from outside (names, labels, paths), and format numbers
 * for people. Pure. */
#ifndef POLECAT_CORE_BASE_TEXT_H
#define POLECAT_CORE_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Decodes the first character of a NUL-terminated text. Returns the length in bytes (1 to 4), and
 * the code point in *code. The NUL has length 1 and code point 0. Returns 0 for invalid UTF-8:
 * overlong forms, surrogates, code points above U+10FFFF (Unicode 15, table 3-7).
 */
size_t text_decode(const char *text, uint32_t *code);

/* Returns whether a text is valid UTF-8. */
bool text_is_utf8(const char *text);

/* Encodes a code point as UTF-8, without a NUL. Returns the length in bytes (1 to 4); 0 for a
 * surrogate and for a code point above U+10FFFF. */
size_t text_encode(uint32_t code, char out[4]);

/* Returns false for a code point that terminals interpret or do not show: controls, invisible
 * characters, characters that change the direction of text, and noncharacters. */
bool text_is_shown(uint32_t code);

/*
 * Copies `source` (NUL-terminated; NULL is "") to `out` in a form that is safe for a terminal or a
 * log. Printable UTF-8 stays. Control characters, invisible characters, characters that change the
 * direction of text, and invalid UTF-8 become `\xHH` byte by byte. `out` is NUL-terminated within
 * `size` and cut at a whole character. Returns the length written.
 */
size_t text_escape(const char *source, char *out, size_t size);

/* Like text_escape, but also escapes everything outside printable ASCII (for comments in YAML). */
size_t text_escape_ascii(const char *source, char *out, size_t size);

/* Returns the terminal columns of a text (wcwidth). Each byte of invalid UTF-8 counts as one
 * column. If the locale's encoding is not UTF-8, each byte of the text counts as one column. */
size_t text_width(const char *text);

/*
 * Copies a text to `out` in at most `columns` terminal columns. `ellipsis` replaces the middle of a
 * longer text ("cart-786…-6k6jp"). It is "…", or "~" for terminals without UTF-8. `out` is
 * NUL-terminated within `size`. Returns the number of columns used.
 */
size_t text_shorten_middle(const char *text, size_t columns, const char *ellipsis, char *out,
			   size_t size);

/* Replaces *out with a copy of `text` and frees the old text. If `text` is NULL or "", *out stays
 * as it is. Returns 0, or -ENOMEM with *out unchanged. */
int text_copy(const char *text, char **out);

/* Compares two texts like strcmp. NULL is below all texts and equals NULL. */
int text_compare(const char *a, const char *b);

#define TEXT_NUMBER_SIZE 16

/* The functions below truncate instead of rounding (999999 becomes 999k), so that no number appears
 * larger than it is. */

/* Formats a count, or a number of bytes without the unit, in at most 4 characters, with prefixes
 * for powers of 1000: 0, 999, 1.2k, 34k, 3.4M … */
void text_short_number(uint64_t value, char out[TEXT_NUMBER_SIZE]);
/* Formats a duration in at most 6 characters: 0ms, <0.1ms, 0.4ms, 31ms, 2.1s, 59s, 12m, 3h, 4d, 27y
 * (years from 1000 days on). */
void text_short_duration(uint64_t ns, char out[TEXT_NUMBER_SIZE]);
/* Formats a duration that was measured in whole milliseconds: <1ms, 5ms, 31ms. From one second on,
 * the format is that of text_short_duration. */
void text_short_milliseconds(uint64_t ms, char out[TEXT_NUMBER_SIZE]);
/* Formats the time since `then_ns`: "now" below two seconds, then 12s, 3m ... Omits tenths of a
 * second, which would flicker. Both arguments are Unix times in nanoseconds. */
void text_short_age(uint64_t now_ns, uint64_t then_ns, char out[TEXT_NUMBER_SIZE]);

#endif
