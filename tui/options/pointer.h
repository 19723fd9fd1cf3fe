/* SPDX-License-Identifier: Apache-2.0 */
/* Shows the place of a mistake in a text. */
#ifndef POLECAT_TUI_OPTIONS_POINTER_H
#define POLECAT_TUI_OPTIONS_POINTER_H

#include <stddef.h>
#include <stdio.h>

/* Returns the column of a place in a text, from 1 on, in terminal columns. `offset` is in bytes, at
 * most the length of the text. */
size_t pointer_column(const char *text, size_t offset);

/* Prints the text, escaped and indented, and a line with ^ below the place. Leaves out parts of a
 * long text that are far from the place. `offset`: see pointer_column. */
void pointer_print(FILE *file, const char *text, size_t offset);

#endif
