/* SPDX-License-Identifier: Apache-2.0 */
/* The texts that the user entered before in a prompt. Pure. */
#ifndef POLECAT_TUI_DASHBOARD_SCREEN_INPUT_HISTORY_H
#define POLECAT_TUI_DASHBOARD_SCREEN_INPUT_HISTORY_H

#include <stdbool.h>
#include <stddef.h>

#include "tui/dashboard/screen/input_line.h"

#define INPUT_HISTORY_MAX 32

/* Zero-initialise. texts[0] is the oldest one. */
struct input_history {
	char texts[INPUT_HISTORY_MAX][INPUT_LINE_SIZE];
	size_t count;
	size_t at;                   /* the text in the line; `count`: the user's own */
	char typed[INPUT_LINE_SIZE]; /* the user's own text, while an older one is in the line */
};

/* Adds a text as the newest one, and removes its older copy. Ignores "". */
void input_history_add(struct input_history *history, const char *text);

/* Begins with the user's own text. Call it when the prompt opens, and when the text changes. */
void input_history_reset(struct input_history *history);

/* Replace the line's text with the one before or after it. Return false if no text is there. */
bool input_history_older(struct input_history *history, struct input_line *line);
bool input_history_newer(struct input_history *history, struct input_line *line);

#endif
