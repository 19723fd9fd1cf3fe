/* SPDX-License-Identifier: Apache-2.0 */
/* Completes keys and values in the filter line. Values come from the connections that the state
 * has. Only for the main thread. */
#ifndef POLECAT_TUI_DASHBOARD_FILTER_COMPLETION_H
#define POLECAT_TUI_DASHBOARD_FILTER_COMPLETION_H

#include <stdbool.h>
#include <stddef.h>

#include "core/state/state.h"
#include "tui/dashboard/screen/input_line.h"

#define FILTER_COMPLETION_MAX 64

/* Zero-initialise; free with filter_completion_clear. */
struct filter_completion {
	char *items[FILTER_COMPLETION_MAX]; /* in alphabetical order */
	size_t count;
	size_t at;    /* the item in the line */
	size_t start; /* offset of the item in the line */
};

enum filter_completion_step {
	FILTER_COMPLETION_NEXT = 1,
	FILTER_COMPLETION_PREVIOUS,
};

/*
 * Completes the word before the cursor: a key, or the value of a key. Another call replaces the
 * completed word with the next or the previous one. Returns false if no word fits. Reads at most
 * the 20,000 newest connections.
 */
bool filter_completion_step(struct filter_completion *completion, struct input_line *line,
			    const struct state *state, enum filter_completion_step step);

/* Ends the completion. Call it when the user edits the line. */
void filter_completion_clear(struct filter_completion *completion);

#endif
