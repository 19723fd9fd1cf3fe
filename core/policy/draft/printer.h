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
	bool has_key; /* MAP: the next scalar, map or list is the value of the last key */
	bool in_line; /* MAP: an item of a list or the document, so its first key begins no line */
};

/* Zero-initialise. Free with printer_finish. */
struct printer {
	struct buffer buffer;
	size_t lines; /* complete lines */
	struct printer_level levels[PRINTER_DEPTH_MAX];
	size_t depth;
};

/* Ends the line of a document after the last map or list is closed. A document begins on a new
 * line, without `---`. */
void printer_document_end(struct printer *printer);

/* Open a map or a list. It is the value of a plain key. Without a key (NULL), it is the document or
 * an item of a list. printer_close closes the innermost one. */
void printer_map(struct printer *printer, const char *key);
void printer_list(struct printer *printer, const char *key);
void printer_close(struct printer *printer);

/* Write scalars: a text of polecat without quotes, or any other text, in double quotes if a reader
 * could read it as another type. */
void printer_plain(struct printer *printer, const char *text);
void printer_text(struct printer *printer, const char *text);

/* Write a plain key with a plain value, with any text, or with a number. */
void printer_plain_pair(struct printer *printer, const char *key, const char *value);
void printer_text_pair(struct printer *printer, const char *key, const char *value);
void printer_number_pair(struct printer *printer, const char *key, unsigned int number);

/* Appends " # text" to the last line. Call it after a value, an item, or closing a map or list. The
 * text must be printable ASCII; NULL: no comment. */
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
