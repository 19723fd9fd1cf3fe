/* SPDX-License-Identifier: Apache-2.0 */
/* Which lines of a text were there before: what the marks of new policy lines are made from. Pure.
 */
#ifndef POLECAT_TUI_DASHBOARD_PANES_LINE_MATCH_H
#define POLECAT_TUI_DASHBOARD_PANES_LINE_MATCH_H

#include <stddef.h>

/* A text cut into lines. Zero-initialise; lines point into text, which the list owns. */
struct line_list {
	char *text;
	char **lines; /* without their newlines */
	size_t count;
};

#define LINE_MATCH_NEW ((size_t)-1)

/* Takes text over (also when this fails) and cuts it. 0 or -ENOMEM, the list is empty then. */
int line_list_set(struct line_list *list, char *text);
void line_list_free(struct line_list *list);

/*
 * For each line of `after`, match[] gets the index of the line of `before` that it is, or
 * LINE_MATCH_NEW: the longest common subsequence, so that equal lines are told apart by where they
 * stand. What changed over more than some thousand lines is matched by equality alone. 0 or -ENOMEM
 * (all are new then).
 */
int line_match(const struct line_list *before, const struct line_list *after, size_t *match);

#endif
