/* SPDX-License-Identifier: Apache-2.0 */
/* A growing list of lines of text in an arena: the notes and warnings of drafts. */
#ifndef POLECAT_CORE_POLICY_DRAFT_LINES_H
#define POLECAT_CORE_POLICY_DRAFT_LINES_H

#include <stddef.h>

#include "core/base/arena.h"

/* Zero-initialise but for `arena`. */
struct lines {
	struct arena *arena;
	const char **items;
	size_t count;
	size_t capacity;
};

/* The largest number of lines that a draft has for facts of one kind. */
#define LINES_OF_KIND 20

/* Appends a line that lives as long as the arena. Returns 0, or -ENOMEM also if `text` is NULL,
 * which the arena returns if memory is short. */
int lines_add(struct lines *lines, const char *text);

/* Appends "... and 5 more like these" unless `rest` is 0. Returns 0 or -ENOMEM. */
int lines_add_rest(struct lines *lines, size_t rest);

/* Sorts the lines, drops repeated ones, and replaces those after the first `most` by a line that
 * counts them. Returns 0 or -ENOMEM. */
int lines_settle(struct lines *lines, size_t most);

/* Appends all lines of another list. Returns 0 or -ENOMEM. */
int lines_append(struct lines *lines, const struct lines *more);

#endif
