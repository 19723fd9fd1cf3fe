/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The columns of `trace`: one table says their names, widths, alignment, and how a cell is filled.
 * What is chosen of it is a struct columns, which also remembers how wide each column is on this
 * output.
 *
 * On a terminal, names are shortened in the middle to their column's width. Elsewhere nothing is
 * ever cut: a column grows with the longest cell that it had, and what follows lines up again.
 */
#ifndef POLECAT_TUI_COLUMNS_COLUMNS_H
#define POLECAT_TUI_COLUMNS_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "core/record/json/record_json.h"
#include "core/state/state.h"

struct columns;

#define COLUMNS_ERROR_SIZE 160

/*
 * Reads what -o says: NULL or "columns", "wide", or "columns=NAME,NAME…" (case is ignored). 0;
 * -ENOMEM; -EINVAL with the reason in `error`. error may be NULL; so may out: the text is only
 * checked then. Free with columns_free.
 */
int columns_new(const char *format, struct columns **out, char error[COLUMNS_ERROR_SIZE]);
void columns_free(struct columns *columns);

/* The output is a terminal, `width` columns wide; ellipsis as for text_shorten_middle. Before the
 * first line. */
void columns_fit_terminal(struct columns *columns, size_t width, const char *ellipsis);

/*
 * Shows or hides NODE, NAMESPACE and POD, unless they were chosen by name. True when that changed
 * what is shown: a header is due. At first they are hidden.
 */
bool columns_show_pods(struct columns *columns, bool show);

/* Append one line each, newline included. 0 or -ENOMEM, the buffer as before. */
int columns_header(struct columns *columns, struct record_json_buffer *buffer);
int columns_row(struct columns *columns, const struct state *state, const struct flow *flow,
		const struct conn *conn, struct record_json_buffer *buffer);

/* The list of columns for --help. */
void columns_print_help(FILE *file);

#endif
