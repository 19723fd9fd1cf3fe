/* SPDX-License-Identifier: Apache-2.0 */
/* Finds a text in the lines of a draft. A pattern without capital letters also matches capital
 * ones. All but policy_search_draw are pure. */
#ifndef POLECAT_TUI_DASHBOARD_PANES_POLICY_SEARCH_H
#define POLECAT_TUI_DASHBOARD_PANES_POLICY_SEARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tui/dashboard/screen/canvas.h"

#define POLICY_SEARCH_NONE SIZE_MAX

/* Returns the first match of a pattern (not empty) between two places in a text, or NULL. */
const char *policy_search_in(const char *start, const char *end, const char *pattern);

/* Returns the index of the first line with a match, from line `from` on, or from there back. Goes
 * on at the other end of the text. `text` has `count` lines that end with \n. Returns
 * POLICY_SEARCH_NONE if no line matches. */
size_t policy_search_line(const char *text, size_t count, const char *pattern, size_t from,
			  bool forward);

/* The place of a text that was drawn. */
struct policy_search_place {
	int column;
	int width;
	unsigned int style; /* the role and canvas flags with which the text was drawn */
};

/* Draws the matches in the visible part of a text again, as matches. Returns false if that part has
 * no match. */
bool policy_search_draw(const struct canvas *line, const struct policy_search_place *place,
			const char *text, const char *pattern);

#endif
