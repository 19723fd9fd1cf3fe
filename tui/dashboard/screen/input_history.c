/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/dashboard/screen/input_history.h"

#include <stdio.h>
#include <string.h>

static void input_history_remove(struct input_history *history, size_t at)
{
	memmove(history->texts[at], history->texts[at + 1],
		(history->count - at - 1) * sizeof(history->texts[0]));
	history->count--;
}

void input_history_add(struct input_history *history, const char *text)
{
	if (!*text)
		return;
	for (size_t i = 0; i < history->count; i++) {
		if (strcmp(history->texts[i], text) == 0) {
			input_history_remove(history, i);
			break;
		}
	}
	if (history->count == INPUT_HISTORY_MAX)
		input_history_remove(history, 0);
	snprintf(history->texts[history->count++], INPUT_LINE_SIZE, "%s", text);
	input_history_reset(history);
}

void input_history_reset(struct input_history *history)
{
	history->at = history->count;
}

bool input_history_older(struct input_history *history, struct input_line *line)
{
	if (history->at == 0)
		return false;
	if (history->at == history->count)
		snprintf(history->typed, sizeof(history->typed), "%s", line->text);
	history->at--;
	/* The newest text is often in the line already. */
	if (strcmp(history->texts[history->at], line->text) == 0 && history->at > 0)
		history->at--;
	input_line_set(line, history->texts[history->at]);
	return true;
}

bool input_history_newer(struct input_history *history, struct input_line *line)
{
	if (history->at == history->count)
		return false;
	history->at++;
	input_line_set(line, history->at == history->count ? history->typed
							   : history->texts[history->at]);
	return true;
}
