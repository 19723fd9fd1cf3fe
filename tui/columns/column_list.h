/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of columns of the dashboard's table, as the user writes them: "pod,comm,peer". Pure. */
#ifndef POLECAT_TUI_COLUMNS_COLUMN_LIST_H
#define POLECAT_TUI_COLUMNS_COLUMN_LIST_H

#include "tui/columns/column.h"

/* Columns from left to right. */
struct column_list {
	const struct column *items[COLUMN_MAX];
	size_t count;
};

#define COLUMN_LIST_TEXT_SIZE 256
#define COLUMN_LIST_WHY_SIZE  400

/* Reads names, separated by commas, ignoring case; blanks around them are ignored. "" is an empty
 * list. Returns 0, or -EINVAL with the reason in `why` and *out empty. */
int column_list_parse(const char *text, struct column_list *out, char why[COLUMN_LIST_WHY_SIZE]);

/* Writes the names, in lower case. */
void column_list_format(const struct column_list *list, char text[COLUMN_LIST_TEXT_SIZE]);

#endif
