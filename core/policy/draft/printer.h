/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes YAML with comments into a growing buffer, in the layout of libyaml: block style, maps
 * indented by 2, lists not indented, lines not folded. libyaml cannot write comments, and
 * needs seven times as many instructions. test_printer compares the two.
 *
 * After the first error nothing more is written, and printer_finish returns the error: -ENOMEM, or
 * -EOVERFLOW beyond PRINTER_DEPTH_MAX.
 */
#ifndef POLECAT_CORE_POLICY_DRAFT_PRINTER_H
#define POLECAT_CORE_POLICY_DRAFT_PRINTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buffer.h"

/* The maximum number of maps and lists that are open at once. */
#define PRINTER_DEPTH_MAX 16

/* An open map or list. */
struct printer_level {
	uint8_t indent;
	bool list;
	bool empty;
	bool has_key; /* in a map: the last key still lacks its value */
	/* Set for a map that is a list item or the document: its first key is written to the line
	 * on which the map begins. */
	bool in_line;
};

/* Zero-initialise. Free with printer_finish. */
struct printer {
	struct buffer buffer;
	size_t lines; /* complete lines */
	struct printer_level levels[PRINTER_DEPTH_MAX];
	size_t depth;
};

/* Ends a document. Call it after the last map or list is closed. The next document begins on a new
 * line. Only printer_separator writes `---`. */
void printer_document_end(struct printer *printer);

/* Open a map or a list as the value of `key`, which must need no quotes. If key is NULL, the map or
 * list is the document or an item of a list. printer_close closes the map or list that was opened
 * last. */
void printer_map(struct printer *printer, const char *key);
void printer_list(struct printer *printer, const char *key);
void printer_close(struct printer *printer);

/* Write a scalar. printer_plain never adds quotes, so its text must need none. printer_text adds
 * double quotes if a reader could read its text as another type. */
void printer_plain(struct printer *printer, const char *text);
void printer_text(struct printer *printer, const char *text);

/* Write a key that needs no quotes, and its value: a text that needs no quotes, any text, or a
 * number. */
void printer_plain_pair(struct printer *printer, const char *key, const char *value);
void printer_text_pair(struct printer *printer, const char *key, const char *value);
void printer_number_pair(struct printer *printer, const char *key, unsigned int number);

/* Appends " # text" to the last line. Call it after a value or an item, or after closing a map or
 * list. The text must be printable ASCII. NULL adds no comment. */
void printer_comment(struct printer *printer, const char *text);

/* Write the line `---`, or a comment line of printable ASCII. Call them outside of a document. */
void printer_separator(struct printer *printer);
void printer_comment_line(struct printer *printer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Returns the 0-based number of the last line. */
static inline size_t printer_line(const struct printer *printer)
{
	return printer->lines;
}

/* Passes the text to the caller, who frees it, and frees everything else. *length may be NULL.
 * Returns 0, or the first error with the outputs untouched. */
int printer_finish(struct printer *printer, char **text, size_t *length);

#endif
