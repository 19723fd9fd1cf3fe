/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes YAML with comments into a growing buffer, through libyaml, which cannot write comments.
 * The first error (-ENOMEM) stays until printer_finish; nothing is written after it.
 */
#ifndef POLECAT_CORE_POLICY_DRAFT_PRINTER_H
#define POLECAT_CORE_POLICY_DRAFT_PRINTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <yaml.h>

#include "core/base/buffer.h"

/* Zero-initialise; free with printer_finish. */
struct printer {
	yaml_emitter_t emitter;
	bool open; /* the emitter is set up for a document */
	struct buffer buffer;
	size_t lines;   /* complete lines before the open document */
	uint64_t lists; /* the open levels, the innermost in bit 0; 1: a list */
};

/* One document. It starts on a line of its own, without `---`. */
void printer_document_start(struct printer *printer);
void printer_document_end(struct printer *printer);

/* Open a map or a list: the value of a plain key, or without a key (NULL) the document or an item of
 * a list. printer_close closes the innermost one. */
void printer_map(struct printer *printer, const char *key);
void printer_list(struct printer *printer, const char *key);
void printer_close(struct printer *printer);

/* Scalars: a text of this program without quotes; any other text in double quotes if a reader could
 * take it for something other than a text. */
void printer_plain(struct printer *printer, const char *text);
void printer_text(struct printer *printer, const char *text);

/* A plain key with a plain value, with any text, or with a number. */
void printer_plain_pair(struct printer *printer, const char *key, const char *value);
void printer_text_pair(struct printer *printer, const char *key, const char *value);
void printer_number_pair(struct printer *printer, const char *key, unsigned int number);

/*
 * Appends " # text" to the line written last. Call it right after a map was closed. The text has to be printable ASCII.
 */
void printer_comment(struct printer *printer, const char *text);

/* The same for the line `above` lines above it. */
void printer_comment_above(struct printer *printer, const char *text, size_t above);

/* A plain key with a list of texts, each with its comment or NULL. */
struct printer_item {
	const char *text;
	const char *comment;
};
void printer_commented_list(struct printer *printer, const char *key,
			    const struct printer_item *items, size_t count);

/* Outside of a document: the line `---`; a comment line of printable ASCII. */
void printer_separator(struct printer *printer);
void printer_comment_line(struct printer *printer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Returns the 0-based number of the line written last. Call it outside of a document, or right
 * after the end of a map or list: libyaml holds other events back. */
size_t printer_line(const struct printer *printer);

/* Hands the text out, to be freed by the caller, and frees everything else. *length may be NULL.
 * Returns 0, or -ENOMEM with the outputs untouched. */
int printer_finish(struct printer *printer, char **text, size_t *length);

#endif
