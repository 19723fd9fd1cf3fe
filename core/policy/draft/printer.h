/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes YAML with comments into a growing buffer. libyaml makes the YAML, but cannot write
 * comments. After the first error (-ENOMEM) nothing more is written, and printer_finish returns the
 * error.
 */
#ifndef POLECAT_CORE_POLICY_DRAFT_PRINTER_H
#define POLECAT_CORE_POLICY_DRAFT_PRINTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <yaml.h>

#include "core/base/buffer.h"

/* Zero-initialise. Free with printer_finish. */
struct printer {
	yaml_emitter_t emitter;
	bool open; /* the emitter is set up for a document */
	struct buffer buffer;
	size_t lines;   /* complete lines before the open document */
	uint64_t lists; /* the open levels, the innermost in bit 0; 1: a list */
};

/* Begin and end one document. It begins on a new line, without `---`. */
void printer_document_start(struct printer *printer);
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

/* Appends " # text" to the last line. Call it right after closing a map. The text must be printable
 * ASCII. */
void printer_comment(struct printer *printer, const char *text);

/* Like printer_comment, for the line that is `above` lines above the last one. */
void printer_comment_above(struct printer *printer, const char *text, size_t above);

/* Writes a plain key with a list of texts, each with its comment or NULL. */
struct printer_item {
	const char *text;
	const char *comment;
};
void printer_commented_list(struct printer *printer, const char *key,
			    const struct printer_item *items, size_t count);

/* Write the line `---`, or a comment line of printable ASCII. Call them outside of a document. */
void printer_separator(struct printer *printer);
void printer_comment_line(struct printer *printer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Returns the 0-based number of the last line. Call it outside of a document, or right after
 * closing a map or list, because libyaml delays other events. */
size_t printer_line(const struct printer *printer);

/* Passes the text to the caller, who frees it, and frees everything else. *length may be NULL.
 * Returns 0, or -ENOMEM with the outputs untouched. */
int printer_finish(struct printer *printer, char **text, size_t *length);

#endif
