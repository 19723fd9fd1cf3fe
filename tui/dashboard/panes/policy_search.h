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

/* Draws the matches in a line again, as matches. The line was drawn from `column` on. */
void policy_search_draw(const struct canvas *line, int column, const char *text,
			const char *pattern);

#endif
