/* SPDX-License-Identifier: Apache-2.0 */
/* Completes the word before the cursor of a line. Only for the main thread. */
#ifndef POLECAT_TUI_DASHBOARD_SCREEN_COMPLETION_H
#define POLECAT_TUI_DASHBOARD_SCREEN_COMPLETION_H

#include <stdbool.h>
#include <stddef.h>

#include "tui/dashboard/screen/input_line.h"

#define COMPLETION_MAX 64

/* Zero-initialise; free with completion_clear. */
struct completion {
	char *items[COMPLETION_MAX]; /* in alphabetical order */
	size_t count;
	size_t at;    /* the item in the line */
	size_t start; /* offset of the item in the line */
};

enum completion_step {
	COMPLETION_NEXT = 1,
	COMPLETION_PREVIOUS,
};

/* Finds the items for the word before the cursor: sets completion->start, and calls
 * completion_add. */
typedef void completion_find(struct completion *completion, const struct input_line *line,
			     const void *data);

/* Adds an item in its place if it begins with `prefix`, ignoring case, and is not there yet. Leaves
 * out items that have no room. */
void completion_add(struct completion *completion, const char *item, const char *prefix);

/* Completes the word. Another call replaces the completed word with the next or the previous item.
 * Returns false if no item fits. */
bool completion_step(struct completion *completion, struct input_line *line,
		     enum completion_step step, completion_find *find, const void *data);

/* Lists the items from the one in the line on, then the others, as many as fit. Writes "" unless
 * there are several. */
void completion_list(const struct completion *completion, char *text, size_t size);

/* Ends the completion. Call it when the user edits the line. */
void completion_clear(struct completion *completion);

#endif
