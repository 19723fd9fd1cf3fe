/* SPDX-License-Identifier: Apache-2.0 */
/* A growing list of lines of text in an arena: the notes and warnings of drafts. After the first
 * error (-ENOMEM) nothing more is added, so a caller may add many lines and check once. */
#ifndef POLECAT_CORE_POLICY_DRAFT_LINES_H
#define POLECAT_CORE_POLICY_DRAFT_LINES_H

#include <stddef.h>

#include "core/base/arena.h"

/* Set `arena`, and zero-initialise the rest. */
struct lines {
	struct arena *arena;
	const char **items;
	size_t count;
	size_t capacity;
	int error; /* 0 or -ENOMEM */
};

/* The maximum number of lines of a draft about one kind of fact. */
#define LINES_OF_KIND 20

/* Append a line. lines_add keeps `text`, which must live as long as the arena; NULL sets the error
 * -ENOMEM. lines_printf formats a line of at most 1023 bytes. */
void lines_add(struct lines *lines, const char *text);
void lines_printf(struct lines *lines, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Appends "... and N more like these", where N is `rest`, unless `rest` is 0. */
void lines_add_rest(struct lines *lines, size_t rest);

/* Sorts the lines and drops repeated ones. Replaces the lines after the first `most` with one line
 * with their number. */
void lines_settle(struct lines *lines, size_t most);

/* Appends all lines of another list, and takes over its error. */
void lines_append(struct lines *lines, const struct lines *more);

#endif
