/* SPDX-License-Identifier: Apache-2.0 */
/* Text from outside (names, labels, paths), made safe and measured; numbers for people. Pure. */
#ifndef POLECAT_CORE_BASE_TEXT_H
#define POLECAT_CORE_BASE_TEXT_H

#include <stddef.h>
#include <stdint.h>

/*
 * Decodes the first character of a NUL-terminated text. Returns its length in bytes (1 to 4), and
 * its code point in *code; at the NUL, 1 and 0. Returns 0 for invalid UTF-8: overlong forms,
 * surrogates, code points above U+10FFFF (Unicode 15, table 3-7).
 */
size_t text_decode(const char *text, uint32_t *code);

/* Encodes a code point as UTF-8, without a NUL. Returns the length in bytes (1 to 4); 0 for a
 * surrogate and for a code point above U+10FFFF. */
size_t text_encode(uint32_t code, char out[4]);

/*
 * Copies `source` (NUL-terminated; NULL is "") to `out` in a form that is safe for a terminal or a
 * log. Printable UTF-8 stays. Each byte of control characters, invisible characters, characters
 * that change the direction of text, and invalid UTF-8 becomes `\xHH`. `out` is NUL-terminated
 * within `size` and cut at a whole character. Returns the length written.
 */
size_t text_escape(const char *source, char *out, size_t size);

/* Like text_escape, but also escapes everything outside printable ASCII (for comments in YAML). */
size_t text_escape_ascii(const char *source, char *out, size_t size);

/* Returns the terminal columns of a text (wcwidth). Each byte counts as one column if the locale's
 * encoding is not UTF-8, and each byte of invalid UTF-8 in any locale. */
size_t text_width(const char *text);

/*
 * Copies a text to `out` in at most `columns` terminal columns; a longer one loses its middle
 * ("cart-786…-6k6jp"). `ellipsis` is "…", or "~" for terminals without UTF-8. `out` is
 * NUL-terminated within `size`. Returns the columns used.
 */
size_t text_shorten_middle(const char *text, size_t columns, const char *ellipsis, char *out,
			   size_t size);

/* Replaces *out by a copy of `text` and frees the old one; NULL and "" leave *out as it is. Returns 0,
 * or -ENOMEM with *out unchanged. */
int text_copy(const char *text, char **out);

/* Compares two texts like strcmp. NULL is below all texts and equals NULL. */
int text_compare(const char *a, const char *b);

#define TEXT_NUMBER_SIZE 16

/* The functions below cut and do not round (999999 is 999k): no figure reads as more than it is. */

/* Formats a count, or bytes without their unit, in at most 4 characters with the prefixes of powers
 * of 1000: 0, 999, 1.2k, 34k, 3.4M … */
void text_short_number(uint64_t value, char out[TEXT_NUMBER_SIZE]);
/* Formats a duration in at most 6 characters: 0ms, <0.1ms, 0.4ms, 31ms, 2.1s, 59s, 12m, 3h, 4d, 27y
 * (years from 1000 days on). */
void text_short_duration(uint64_t ns, char out[TEXT_NUMBER_SIZE]);
/* Formats a duration measured in whole milliseconds, hence without tenths of one: <1ms, 5ms, 31ms;
 * as above from a second on. */
void text_short_milliseconds(uint64_t ms, char out[TEXT_NUMBER_SIZE]);
/* The time since `then_ns`, without tenths of a second, which would flicker: "now" below two
 * seconds, then 12s, 3m ... Both are Unix times in nanoseconds. */
void text_short_age(uint64_t now_ns, uint64_t then_ns, char out[TEXT_NUMBER_SIZE]);

#endif
