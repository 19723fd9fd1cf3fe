/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints the lines of `trace` as columns. Remembers the chosen columns and the width of each on
 * this output.
 *
 * On a terminal, names are shortened in the middle to the width of their column. Elsewhere nothing
 * is cut: a column grows with its longest cell, so that the next lines are aligned again.
 */
#ifndef POLECAT_TUI_COLUMNS_COLUMN_PRINTER_H
#define POLECAT_TUI_COLUMNS_COLUMN_PRINTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "core/record/json/record_json.h"
#include "core/state/state.h"

struct column_printer;

#define COLUMN_PRINTER_ERROR_SIZE 160

/*
 * Parses the argument of -o: NULL or "columns", "wide", or "columns=NAME,NAME…" (case is ignored).
 * Returns 0; -ENOMEM; -EINVAL with the reason in `error`. error may be NULL. out may be NULL to
 * only check the text. Free with column_printer_free.
 */
int column_printer_new(const char *format, struct column_printer **out,
		       char error[COLUMN_PRINTER_ERROR_SIZE]);
void column_printer_free(struct column_printer *printer);

/* Fits the columns to a terminal of `width` screen columns. Call before the first line. ellipsis
 * as for text_shorten_middle. */
void column_printer_fit_terminal(struct column_printer *printer, size_t width,
				 const char *ellipsis);

/*
 * Shows or hides NODE, NAMESPACE and POD, unless the columns were chosen by name. They are hidden
 * at first. Returns true if the columns changed: print the header again.
 */
bool column_printer_show_pods(struct column_printer *printer, bool show);

/* Append one line each, newline included. Returns 0 or -ENOMEM, the buffer as before. */
int column_printer_header(struct column_printer *printer, struct buffer *buffer);
int column_printer_row(struct column_printer *printer, const struct state *state,
		       const struct flow *flow, const struct conn *conn, struct buffer *buffer);

/* Prints the list of columns for --help. */
void column_printer_help(FILE *file);

#endif
