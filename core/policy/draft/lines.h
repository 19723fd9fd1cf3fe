/* SPDX-License-Identifier: Apache-2.0 */
/* A growing list of lines of text, in an arena. */
#ifndef POLECAT_CORE_POLICY_DRAFT_LINES_H
#define POLECAT_CORE_POLICY_DRAFT_LINES_H

#include <stddef.h>

#include "core/base/arena.h"

struct lines {
	struct arena *arena;
	const char **items; /* in the arena, as the lines themselves */
	size_t count;
	size_t capacity;
};

/* Appends a line that is in the arena, or for as long as it. 0 or -ENOMEM; text may be NULL, which
 * is what the arena answers when memory is refused. */
int lines_add(struct lines *lines, const char *text);

/* Of many of one kind, this many are worth a line each. */
#define LINES_OF_KIND 20

/* "... and 5 more like these", where more than LINES_OF_KIND were there. 0 or -ENOMEM. */
int lines_add_rest(struct lines *lines, size_t total);

#endif
