/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes YAML through libyaml into a growing buffer, with comments, which libyaml cannot write.
 * Errors are kept until printer_finish: after the first one nothing more is written.
 */
#ifndef POLECAT_CORE_POLICY_DRAFT_PRINTER_H
#define POLECAT_CORE_POLICY_DRAFT_PRINTER_H

#include <stdbool.h>
#include <stddef.h>
#include <yaml.h>

struct printer {
	yaml_emitter_t emitter;
	bool open;  /* the emitter is set up for a document */
	int error;  /* 0 or -ENOMEM */
	char *data; /* NUL-terminated once something was written */
	size_t length;
	size_t capacity;
};

void printer_init(struct printer *printer);

/* One document: its lines begin on a line of their own, without `---`. */
void printer_document_start(struct printer *printer);
void printer_document_end(struct printer *printer);

void printer_map_start(struct printer *printer);
void printer_map_end(struct printer *printer);
void printer_list_start(struct printer *printer);
void printer_list_end(struct printer *printer);

/* Scalars: text of this program's own as it is; anybody else's text in double quotes; a number. */
void printer_plain(struct printer *printer, const char *text);
void printer_quoted(struct printer *printer, const char *text);
void printer_number(struct printer *printer, unsigned int number);

/*
 * Appends " # text" to the line written last: call it right after printer_map_end of a block
 * mapping. The text has to be printable ASCII.
 */
void printer_comment(struct printer *printer, const char *text);

/*
 * A list of texts in double quotes, each with its comment behind it, or NULL; call it right after
 * the list's key.
 */
struct printer_item {
	const char *text;
	const char *comment;
};
void printer_commented_list(struct printer *printer, const struct printer_item *items,
			    size_t count);

/* Outside of a document: bytes as they are; a comment line of printable ASCII. */
void printer_raw(struct printer *printer, const char *text);
void printer_comment_line(struct printer *printer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Hands the text out, to be freed; "" where nothing was written. 0 or -ENOMEM, everything freed
 * then. */
int printer_finish(struct printer *printer, char **text, size_t *length);

#endif
