/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/columns/column_list.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static bool column_list_has(const struct column_list *list, const struct column *column)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i] == column)
			return true;
	return false;
}

/* Finds a column of the table by its name in the dashboard or in trace; NULL: none. */
static const struct column *column_list_find(const char *name)
{
	const struct column *found = column_find(name);
	struct column_list all;

	if (found)
		return found->table.place ? found : NULL;
	all.count = column_list_table(all.items);
	for (size_t i = 0; i < all.count; i++)
		if (strcasecmp(column_table_name(all.items[i]), name) == 0)
			return all.items[i];
	return NULL;
}

/* Adds the column with a name to the list. */
static int column_list_add(struct column_list *list, const char *name,
			   char why[COLUMN_LIST_WHY_SIZE])
{
	const struct column *column = column_list_find(name);

	if (!column) {
		struct column_list all;
		char names[COLUMN_LIST_TEXT_SIZE];

		all.count = column_list_table(all.items);
		column_list_format(&all, names);
		snprintf(why, COLUMN_LIST_WHY_SIZE, "no column '%.32s': some of %s were expected",
			 name, names);
		return -EINVAL;
	}
	if (column_list_has(list, column)) {
		snprintf(why, COLUMN_LIST_WHY_SIZE, "each column was expected once: %.32s", name);
		return -EINVAL;
	}
	list->items[list->count++] = column;
	return 0;
}

int column_list_parse(const char *text, struct column_list *out, char why[COLUMN_LIST_WHY_SIZE])
{
	char names[COLUMN_LIST_TEXT_SIZE];
	char *save = NULL;
	int err = 0;

	*out = (struct column_list){.count = 0};
	if ((size_t)snprintf(names, sizeof(names), "%s", text) >= sizeof(names)) {
		snprintf(why, COLUMN_LIST_WHY_SIZE, "a list of less than %d bytes was expected",
			 COLUMN_LIST_TEXT_SIZE);
		return -EINVAL;
	}
	for (char *name = strtok_r(names, ", \t", &save); name && !err;
	     name = strtok_r(NULL, ", \t", &save))
		err = column_list_add(out, name, why);
	if (err)
		*out = (struct column_list){.count = 0};
	return err;
}

void column_list_format(const struct column_list *list, char text[COLUMN_LIST_TEXT_SIZE])
{
	size_t length = 0;

	text[0] = '\0';
	for (size_t i = 0; i < list->count && length < COLUMN_LIST_TEXT_SIZE; i++)
		length += (size_t)snprintf(text + length, COLUMN_LIST_TEXT_SIZE - length, "%s%s",
					   i ? "," : "", column_table_name(list->items[i]));
	for (char *letter = text; *letter; letter++)
		*letter = (char)tolower((unsigned char)*letter);
}
