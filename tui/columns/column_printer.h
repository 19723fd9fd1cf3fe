/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints the lines of `trace` as columns. A printer holds the chosen columns and their current
 * widths.
 *
 * All lines after a header are aligned with it. On a terminal, names are shortened in the middle to
 * the width of their column. Other cells, and the names in other outputs, are shown in full: before
 * a cell that does not fit, the column gets wider and the header is printed again.
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
 * Parses the argument of -o: NULL or "columns", "wide", or "columns=NAME,NAME…" with names in any
 * case. Returns 0, -ENOMEM, or -EINVAL with the reason in `error`, which may be NULL. If `out` is
 * NULL, only checks the text. Free *out with column_printer_free.
 */
int column_printer_new(const char *format, struct column_printer **out,
		       char error[COLUMN_PRINTER_ERROR_SIZE]);
void column_printer_free(struct column_printer *printer);

/* Fits the columns to a terminal of `width` screen columns. Call it before the first line.
 * text_shorten_middle describes `ellipsis`. */
void column_printer_fit_terminal(struct column_printer *printer, size_t width,
				 const char *ellipsis);

/*
 * Shows or hides NODE, NAMESPACE and POD, unless the columns were chosen by name. A new printer
 * hides them. If the columns change, the header is due again.
 */
void column_printer_show_pods(struct column_printer *printer, bool show);

/* Returns true until the header is printed, and again after the columns have changed. */
bool column_printer_header_is_due(const struct column_printer *printer);

/* Append the header, and the line of an event, before which the header is appended if it is due.
 * Return 0, or -ENOMEM with the buffer unchanged. */
int column_printer_header(struct column_printer *printer, struct buffer *buffer);
int column_printer_row(struct column_printer *printer, const struct state *state,
		       const struct flow *flow, const struct conn *conn, struct buffer *buffer);

/* Prints the list of columns for --help. */
void column_printer_help(FILE *file);

#endif
