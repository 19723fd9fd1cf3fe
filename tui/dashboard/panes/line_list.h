/* SPDX-License-Identifier: Apache-2.0 */
/* A text that is cut into lines. Any thread. */
#ifndef POLECAT_TUI_DASHBOARD_PANES_LINE_LIST_H
#define POLECAT_TUI_DASHBOARD_PANES_LINE_LIST_H

#include <stddef.h>

/* Zero-initialise. The lines point into the text, which the list owns. */
struct line_list {
	char *text;
	char **lines; /* without their newlines */
	size_t count;
};

/* Replaces the list with the lines of text, which it owns from now on, also after a failure. Returns
 * 0, or -ENOMEM with an empty list. */
int line_list_set(struct line_list *list, char *text);
void line_list_free(struct line_list *list);

#endif
