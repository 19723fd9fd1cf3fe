/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/panes/line_list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int line_list_set(struct line_list *list, char *text)
{
	size_t count = 0;
	char *line = text;

	line_list_free(list);
	for (const char *at = text; *at; at++)
		count += *at == '\n' || at[1] == '\0';
	list->lines = calloc(count ? count : 1, sizeof(*list->lines));
	if (!list->lines) {
		free(text);
		return -ENOMEM;
	}
	list->text = text;
	while (line && *line) {
		list->lines[list->count++] = line;
		line = strchr(line, '\n');
		if (line)
			*line++ = '\0';
	}
	return 0;
}

void line_list_free(struct line_list *list)
{
	free(list->text);
	free(list->lines);
	*list = (struct line_list){0};
}
